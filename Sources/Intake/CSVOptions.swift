import Core

/// How a table is written, as far as its sender says so, and which of its columns mean something.
package struct CSVOptions: Sendable, Equatable {
    /// What stands between fields; nil to find out from the header.
    package var delimiter: CSVDelimiter?
    /// What stands before a fraction; nil to find out from the first rows.
    package var decimal: CSVDecimal?
    /// What stands between groups of digits; nil to find out from the first rows.
    package var thousands: CSVThousands?
    /// The character set; nil to find out from the first bytes.
    package var encoding: CSVEncoding?
    /// The words for true and false; nil for those that ``FlagWords/auto`` knows.
    package var booleans: CSVBooleans?
    /// The column that feeds an input, by the input's name; other inputs are found by their own names.
    package var map: [String: String]
    /// The column that holds the caller's own row id; nil for none.
    package var idColumn: String?
    /// The most bytes of one record, at most 2^30.
    package var rowBytes: Int
    /// The bytes that are held to find out what was not said, at least 1.
    package var sniffedBytes: Int

    package init(
        delimiter: CSVDelimiter? = nil, decimal: CSVDecimal? = nil, thousands: CSVThousands? = nil,
        encoding: CSVEncoding? = nil, booleans: CSVBooleans? = nil, map: [String: String] = [:],
        idColumn: String? = nil, rowBytes: Int = Limits.rowBytes, sniffedBytes: Int = Limits.sniffedBytes
    ) {
        precondition(sniffedBytes >= 1 && rowBytes <= 1 << 30, "something must be looked at, and lengths fit 32 bits")
        (self.delimiter, self.decimal, self.thousands, self.encoding) = (delimiter, decimal, thousands, encoding)
        (self.booleans, self.map, self.idColumn) = (booleans, map, idColumn)
        (self.rowBytes, self.sniffedBytes) = (rowBytes, sniffedBytes)
    }
}
