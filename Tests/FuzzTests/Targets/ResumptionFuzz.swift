import Core
import Foundation
import Intake

/// Stored resumptions: bytes that are none are an error, and any other lets a scanner go on or says why not.
enum ResumptionFuzz {
    static func run(_ bytes: [UInt8]) throws {
        let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        guard let resumption = try? JSONDecoder().decode(CSVResumption.self, from: Data(bytes[..<end])) else { return }
        let rest = Array(bytes[end...].dropFirst())
        let headerEnd = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.count
        for signature in Signatures.all {
            do {
                let scanner = try CSVScanner(
                    signature: signature, options: CSVOptions(rowBytes: 100), resuming: resumption,
                    header: Array(rest[..<headerEnd]))
                _ = try ScanRecord(Array(rest[headerEnd...]), scanner, signature, chunkRows: 2)
            } catch is IntakeError {
                continue
            }
        }
    }
}
