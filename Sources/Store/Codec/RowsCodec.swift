package import Core

extension Rows {
    /// The rows as a payload.
    package func encoded() -> [UInt8] {
        Blob.seal(
            { blob in
                blob.append(UInt32(count))
                blob.append(UInt32(columns.count))
                for column in columns { blob.append(column) }
                blob.append(ids: ids)
                blob.append(faults)
            }, as: .rows, reserving: 64 + columns.reduce(0) { $0 + 9 + $1.byteCount })
    }

    /// Reads a payload back.
    ///
    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    package init(payload: [UInt8]) throws {
        var blob = try Blob.open(payload, as: .rows)
        let count = try blob.count()
        var columns: [Column] = []
        // A damaged count ends with the bytes: each column takes some.
        for _ in 0..<(try blob.count()) { columns.append(try blob.column()) }
        let ids = try blob.ids()
        self.init(count: count, columns: columns, faults: try blob.faults(of: count), ids: ids)
        guard columns.allSatisfy({ $0.count == validCount }), ids == nil || ids?.count == count else {
            throw StoreError.corruptBlob
        }
    }
}

extension Column {
    /// The memory that the values take.
    package var byteCount: Int {
        switch self {
        case .float(let values): values.count * 4
        case .double(let values): values.count * 8
        case .int(let values): values.count * 8
        case .text(let texts): texts.bytes.count + texts.ends.count * 4
        }
    }

    /// The byte that names a column's type in a blob.
    fileprivate enum Tag: UInt8 {
        case float = 1
        case int = 2
        case text = 3
        case double = 4
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ column: Column) {
        switch column {
        case .float(let values):
            append(Column.Tag.float.rawValue)
            append(raw: values)
        case .double(let values):
            append(Column.Tag.double.rawValue)
            append(raw: values)
        case .int(let values):
            append(Column.Tag.int.rawValue)
            append(raw: values)
        case .text(let texts):
            append(Column.Tag.text.rawValue)
            append(texts)
        }
    }
}

extension ByteReader {
    fileprivate mutating func column() throws -> Column {
        switch Column.Tag(rawValue: try byte()) {
        case .float: .float(try raw(Float.self))
        case .double: .double(try raw(Double.self))
        case .int: .int(try raw(Int64.self))
        case .text: .text(try texts())
        case nil: throw StoreError.corruptBlob
        }
    }
}
