import Core
import Foundation
import Intake

/// JSON bodies: what we take Foundation takes too, and rows that were counted can be scanned.
enum BodyFuzz {
    private static let options = ["model", "priority", "timeout", "wait", "metadata"]

    static func run(_ bytes: [UInt8]) throws {
        let object: JSONObject
        do {
            object = try JSONObject(parsing: bytes, members: options + JSONSubmission.members)
        } catch let error as IntakeError {
            _ = (error.message, error.pointer)
            return
        }
        try expectFoundationTakes(bytes)
        readOptions(object)
        guard let submission = try orNil({ try JSONSubmission(object) }) else { return }
        for signature in Signatures.all { try scan(submission, signature) }
    }

    private static func scan(_ submission: JSONSubmission, _ signature: Signature) throws {
        guard var scanner = try orNil({ try submission.scanner(for: signature, limit: 100) }) else { return }
        var builder = RowsBuilder(signature: signature, chunkRows: 3)
        var count = 0
        var hasMore = true
        while hasMore {
            do {
                hasMore = try scanner.fill(&builder)
            } catch {
                throw Finding(description: "a body that was checked cannot be scanned: \(error)")
            }
            let rows = builder.take()
            try ScanRecord.expectWhole(rows)
            count += rows.count
        }
        try Finding.unless(count == submission.rowCount, "\(count) of \(submission.rowCount) rows came")
    }

    private static func readOptions(_ object: JSONObject) {
        for name in options {
            // try? because any of these may be of another type; none may trap.
            _ = try? object.string(name)
            _ = try? object.integer(name, in: 0...9)
            _ = try? object.number(name, in: 0...1e6)
            _ = try? object.flag(name)
            _ = try? object.strings(name)
        }
    }

    /// Foundation refuses numbers that no double holds, `NaN`, and halves of surrogate pairs, and leaves more than one member
    /// of a name to chance.
    private static func expectFoundationTakes(_ bytes: [UInt8]) throws {
        guard !bytes.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) || bytes.count < 4, bytes.count < 300 else {
            return
        }
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        guard !["nan", "infinity", "\\ud"].contains(where: text.contains) else { return }
        do {
            _ = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        } catch {
            throw Finding(description: "what we take, Foundation refuses: \(error)")
        }
    }

    private static func orNil<Value>(_ read: () throws -> Value) throws -> Value? {
        do { return try read() } catch is IntakeError { return nil }
    }
}
