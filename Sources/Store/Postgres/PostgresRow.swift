internal import CPostgres

/// One row of a result in PostgreSQL's binary format (<https://www.postgresql.org/docs/15/protocol-overview.html>).
struct PostgresRow {
    let result: OpaquePointer
    let row: Int32

    func isNull(_ column: Int32) -> Bool { PQgetisnull(result, row, column) != 0 }

    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    }

    func integer(_ column: Int32) -> Int64 {
        if isNull(column) { return 0 }
        let bytes = bytes(column)
        switch PQftype(result, column) {
        case PostgresType.numeric: return Self.numeric(bytes)
        case PostgresType.double: return Int64(double(column))
        default: return Self.signed(bytes)
        }
    }

    func double(_ column: Int32) -> Double {
        if isNull(column) { return 0 }
        let bytes = bytes(column)
        guard PQftype(result, column) == PostgresType.double else { return Double(integer(column)) }
        return Double(bitPattern: UInt64(bitPattern: Self.signed(bytes)))
    }

    /// Conditions have one byte, whole numbers two, four or eight.
    private static func signed(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        switch bytes.count {
        case 1: Int64(bytes[0])
        case 2: Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        case 4: Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case 8: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        default: preconditionFailure("a number of \(bytes.count) bytes")
        }
    }

    /// The whole part of a sum: a count of digits to the base 10,000, the weight of the first, sign, scale, digits.
    private static func numeric(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        func word(_ index: Int) -> Int64 {
            Int64(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
        }
        let (count, weight) = (word(0), word(1))
        guard weight >= 0 else { return 0 }
        var value: Int64 = 0
        for place in 0...weight { value = value * 10_000 + (place < count ? word(4 + Int(place)) : 0) }
        return word(2) == 0 ? value : -value
    }
}

/// Types as PostgreSQL numbers them; the numbers never change.
enum PostgresType {
    static let bytes: Oid = 17
    static let int8: Oid = 20
    static let text: Oid = 25
    static let double: Oid = 701
    static let numeric: Oid = 1700
}
