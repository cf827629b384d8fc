package import Core
internal import Foundation
internal import Intake

/// Rows with the answers of the library that trained a model, from a file: a table with a header, or JSON.
///
/// There is a column for each input, by its name; `prediction`, the label or the number; and, where they are known, a column
/// for each label with its probability or score. JSON, an array or an object a line, has the same names as members; the
/// values of the labels may also stand together in `probabilities` or `scores`, and the inputs in `input`. Other columns and
/// members are passed over.
package struct GoldenFile: Sendable {
    package let rows: GoldenRows

    /// Why a file is not used.
    package struct Refused: CodedError, Equatable {
        let reason: String
        package var code: ErrorCode { .configurationInvalid }
        package var message: String {
            "The file of golden rows cannot be used: \(reason)\(reason.hasSuffix(".") ? "" : ".")"
        }
    }

    /// What a value may be off: more than rounding in the file, less than a person would see.
    private static let tolerance: Double = 0.001

    /// - Parameter bytes: at most ``Limits/goldenFileBytes``.
    /// - Throws: ``Refused``, which names the row and none of its content.
    package init(_ bytes: [UInt8], signature: Signature, output: ModelOutput) throws {
        let columns = GoldenColumns(signature: signature, output: output)
        let scanned: Rows
        do {
            scanned = try columns.scan(bytes)
        } catch let error as any CodedError {
            throw error is Refused ? error : Refused(reason: error.message)
        }
        guard scanned.count > 0 else { throw Refused(reason: "it has no rows") }
        if let fault = scanned.faults.first {
            let line = fault.line.map { ", line \($0)" } ?? ""
            guard fault.code != .malformedJSON else {
                throw Refused(
                    reason: "row \(fault.row)\(line) is not valid JSON; write missing numbers as null, not NaN")
            }
            let remedy =
                signature.isText && [.blankText, .missingInput].contains(fault.code)
                ? " The service refuses such a text too and never runs it, so that nothing is to be compared: leave the row out."
                : ""
            throw Refused(reason: "row \(fault.row)\(line): \(fault.message)\(remedy)")
        }
        let (labels, answers) = try columns.answers(in: scanned)
        let size = output.hasProbabilities ? 1 : answers.joined().map(abs).max() ?? 1
        rows = GoldenRows(
            rows: Rows(count: scanned.count, columns: Array(scanned.columns.prefix(signature.inputs.count))),
            answers: answers, labels: labels, tolerance: Self.tolerance * max(1, size))
    }
}

extension GoldenRows {
    /// Those of some rows that fit into a manifest together.
    ///
    /// - Parameters:
    ///   - candidates: the most important first; rows that are too large are passed over.
    ///   - bytes: the most bytes of all of them, written as JSON.
    /// - Returns: nil when not one row fits.
    package func kept(
        of candidates: [Int], upTo bytes: Int = Limits.keptGoldenBytes, signature: Signature, output: ModelOutput
    ) throws -> GoldenRows? {
        let encoder = JSONEncoder()
        var (left, chosen) = (bytes, [Int]())
        for row in candidates {
            let one = selecting([row])
            let count = try encoder.encode(Manifest.Golden(one, signature: signature, output: output)).count
            guard count <= left else { continue }
            left -= count
            chosen.append(row)
        }
        return chosen.isEmpty ? nil : selecting(chosen.sorted())
    }

    /// Some of the rows.
    ///
    /// - Parameter chosen: ascending.
    package func selecting(_ chosen: [Int]) -> GoldenRows {
        GoldenRows(
            rows: rows.selecting(chosen), answers: chosen.map { answers[$0] },
            labels: labels.isEmpty ? [] : chosen.map { labels[$0] }, tolerance: tolerance)
    }
}
