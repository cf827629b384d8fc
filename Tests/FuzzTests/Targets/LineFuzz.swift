import Core
import Intake

/// Lines of JSON: what holds for tables holds for them.
enum LineFuzz {
    static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let signature = choices.pick(Signatures.all)
        let rowBytes = choices.pick([24, 100, 1 << 16])
        let chunkRows = 1 + choices.below(4)
        let fractions = (0..<3).map { _ in Int(choices.byte()) }
        let lines = Array(choices.rest)
        let cuts = fractions.map { $0 * lines.count / 255 }.sorted()
        let scanner = NDJSONScanner(signature: signature, rowBytes: rowBytes)
        let whole = try ScanRecord(lines, scanner, signature, chunkRows: chunkRows)
        let cut = try ScanRecord(lines, scanner, signature, chunkRows: chunkRows, cuts: cuts)
        try Finding.unless(whole == cut, "cut at \(cuts) the lines read otherwise")
        try whole.expectCover(lines)
        try whole.expectResumes(lines, signature, chunkRows: chunkRows) { chunk -> NDJSONScanner? in
            NDJSONScanner(signature: signature, rowBytes: rowBytes, line: whole.spans[chunk].nextLine)
        }
    }
}
