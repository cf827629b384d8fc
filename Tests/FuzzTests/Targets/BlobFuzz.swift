import Core

@testable import Store

/// Stored blobs: damaged ones are an error, and what is read is whole and can be stored again.
enum BlobFuzz {
    static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let (kind, isSealed) = (choices.below(5), choices.flag())
        let content = Array(choices.rest)
        // A right checksum lets hostile content through to what it guards.
        let format = kind == 4 ? Blob.Format.zstandard : kind == 3 ? .packedDigits : .columns
        let blob =
            isSealed
            ? Blob.seal({ for byte in content { $0.append(byte) } }, as: format, reserving: content.count) : content
        do {
            switch kind {
            case 0: try readRows(blob)
            case 1: try readPredictions(blob)
            default: try readRecords(blob)
            }
        } catch is StoreError {}
    }

    private static func readRows(_ blob: [UInt8]) throws {
        let rows = try Rows(payload: blob)
        for column in rows.columns {
            try Finding.unless(column.count == rows.validCount, "a column is not as long as its rows")
            if case .text(let texts) = column { expectReadable(texts) }
        }
        if let ids = rows.ids { expectReadable(ids) }
        try expectFaults(rows.faults, of: rows.count)
        let again = rows.encoded()
        try Finding.unless(try Rows(payload: again).encoded() == again, "rows do not come back")
    }

    private static func readPredictions(_ blob: [UInt8]) throws {
        let predictions = try Predictions(result: blob)
        try Finding.unless(
            predictions.values.count == predictions.succeededCount * predictions.width, "values are missing")
        if let ids = predictions.ids { expectReadable(ids) }
        try expectFaults(predictions.faults, of: predictions.count)
        let again = predictions.encoded()
        try Finding.unless(try Predictions(result: again).encoded() == again, "predictions do not come back")
    }

    private static func readRecords(_ blob: [UInt8]) throws {
        let records = try Records(record: blob)
        for row in 0..<records.count { _ = records.bytes[records.range(at: row)] }
        let again = try Records(record: records.encoded())
        try Finding.unless(again == records, "records do not come back")
    }

    private static func expectReadable(_ texts: TextColumn) {
        for index in 0..<texts.count { _ = texts[index] }
    }

    private static func expectFaults(_ faults: [RowFault], of count: Int) throws {
        let rows = faults.map(\.row)
        try Finding.unless(
            rows.allSatisfy((0..<count).contains) && zip(rows, rows.dropFirst()).allSatisfy(<),
            "faults of rows that are not there: \(rows) of \(count)")
    }
}
