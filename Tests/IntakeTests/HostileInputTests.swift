import Core
import Intake
import Testing

/// Whatever comes in, the answer is rows, faults or an error, within bounds.
@Suite struct HostileInputTests {
    @Test func `a body cut anywhere is refused`() throws {
        let body = Array(
            #"{"model":"m","inputs":[{"text":"é\u00e9\n","id":-1.0e1},["b"],"c"],"metadata":{"a":"b"}}"#.utf8)
        for end in 0..<body.count {
            let error = #expect(throws: IntakeError.self) {
                try JSONSubmission(parsing: Array(body[..<end]), options: ["model", "metadata"])
            }
            #expect(error?.code == .malformedJSON || error?.code == .invalidUTF8, "cut at \(end)")
        }
    }

    @Test func `lines and tables cut anywhere give rows or an error`() throws {
        let lines = Array("{\"review\":\"a\\ud83d\\ude00\",\"age\":1e1,\"loyal\":true}\n[\"b\",2,null,false]\n".utf8)
        let table = Array("review,age\n\"a\n\"\"b\",1\nc,2\n".utf8)
        for end in 0...lines.count {
            let rows = try Samples.scan(
                Array(lines[..<end]), NDJSONScanner(signature: Samples.mixed), Samples.mixed)
            #expect(rows.columns.allSatisfy { $0.count == rows.validCount })
        }
        for end in 0...table.count {
            do {
                let rows = try Samples.scan(
                    Array(table[..<end]), CSVScanner(signature: Samples.mixed), Samples.mixed)
                #expect(rows.columns.allSatisfy { $0.count == rows.validCount })
            } catch {
                #expect(error is IntakeError)
            }
        }
    }

    @Test func `bytes changed at random never break the columns`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(state: seed)
        let body = Array(
            #"{"inputs":[{"review":"aé\u00e9","age":12,"spend":-1.5e3},["b",1,2,true],{"loyal":null}]}"#.utf8)
        let table = Array("review,age,spend\n\"a,é\",12,-1.5e3\n\nb,1,\n".utf8)
        for _ in 0..<3_000 {
            var (body, table) = (body, table)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                body[.random(in: body.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                table[.random(in: table.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            expectWhole(scan(body), seed)
            expectWhole(try? Samples.scan(table, CSVScanner(signature: Samples.mixed), Samples.mixed), seed)
            expectWhole(try? Samples.scan(body, NDJSONScanner(signature: Samples.mixed), Samples.mixed), seed)
        }
    }

    private func scan(_ body: [UInt8]) -> Rows? {
        guard let submission = try? JSONSubmission(parsing: body, options: []),
            var scanner = try? submission.scanner(for: Samples.mixed, limit: 100)
        else { return nil }
        var builder = RowsBuilder(signature: Samples.mixed)
        guard (try? scanner.fill(&builder)) == false else {
            Issue.record("a checked body could not be scanned")
            return nil
        }
        return builder.take()
    }

    private func expectWhole(_ rows: Rows?, _ seed: UInt64) {
        guard let rows else { return }
        #expect(rows.columns.allSatisfy { $0.count == rows.validCount }, "seed \(seed)")
        #expect(rows.texts(0).allSatisfy { !$0.unicodeScalars.contains("\u{FFFD}") }, "seed \(seed)")
    }

    @Test func `empty rows of a wide model cannot swell memory`() throws {
        let wide = Signature(
            inputs: (0..<1_000).map { ModelInput(name: "x\($0)", kind: .float, missing: .notANumber) })
        let lines = Array(String(repeating: "{}\n", count: 10_000).utf8)
        var scanner = NDJSONScanner(signature: wide)
        var builder = RowsBuilder(signature: wide)
        let taken = try scanner.feed(lines[...], into: &builder)
        #expect(taken < 1_000)
        #expect(builder.count == taken / 3)
        #expect(builder.byteCount < Limits.chunkBytes + 10_000)
    }

    @Test func `a million bad rows keep a hundred faults to tell`() throws {
        var scanner = NDJSONScanner(signature: Samples.text)
        var builder = RowsBuilder(signature: Samples.text)
        var rest = Array(String(repeating: "1\n", count: 20_000).utf8)[...]
        while !rest.isEmpty {
            rest = rest.dropFirst(try scanner.feed(rest, into: &builder))
            let rows = builder.take()
            #expect(rows.count <= Limits.chunkRows && rows.faults.count == rows.count)
        }
        #expect(builder.report.total == 20_000 && builder.report.faults.count == Limits.reportedFaults)
    }

    @Test func `numbers of endless digits are refused, not read`() throws {
        let digits = String(repeating: "9", count: 100_000)
        #expect(try Samples.ndjson("[\(digits),1]\n[0.\(digits),1]", Samples.iris).codes == [.wrongType, .wrongType])
        #expect(try Samples.ndjson("[1e\(digits),1]", Samples.iris).codes == [.wrongType])
        #expect(try Samples.ndjson("[1e999999999,1]\n[1e-999999999,1]", Samples.iris).codes == [.outOfBounds])
    }

    @Test func `a megabyte of one byte ends soon, whatever the byte`() throws {
        for byte in [
            UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\\"), 0, 0xFF,
        ] {
            let bytes = [UInt8](repeating: byte, count: 1 << 20)
            #expect(throws: IntakeError.self) { try JSONSubmission(parsing: bytes, options: []) }
            _ = try Samples.scan(bytes, NDJSONScanner(signature: Samples.text), Samples.text, piece: 65_536)
            let table = Array("text\n".utf8) + bytes
            let options = CSVOptions(rowBytes: 1 << 16)
            _ = try? Samples.scan(
                table, CSVScanner(signature: Samples.text, options: options), Samples.text, piece: 999)
        }
    }

    @Test func `a long record in small pieces is read once, not once a piece`() throws {
        let cell = String(repeating: "y", count: 200_000)
        let long = Signature(inputs: [ModelInput(name: "text", kind: .string, maximumLength: 1_000_000)])
        let rows = try Samples.scan("text\n\"\(cell)\n\"\n", CSVScanner(signature: long), long, piece: 1)
        #expect(rows.texts(0) == [cell + "\n"])
    }
}
