import Core

/// How a table is written and which of its columns mean something.
package struct CSVOptions: Sendable, Equatable {
    /// The byte between fields; ASCII, neither a quote nor a line end.
    package var delimiter: UInt8
    /// The column that holds the caller's own row id; nil for none.
    package var idColumn: String?
    /// The most bytes of one record.
    package var rowBytes: Int

    package init(
        delimiter: UInt8 = UInt8(ascii: ","), idColumn: String? = nil, rowBytes: Int = Limits.rowBytes
    ) {
        precondition(
            delimiter < 0x80 && delimiter != CSVBytes.quote && delimiter != CSVBytes.newline
                && delimiter != CSVBytes.carriageReturn, "a delimiter is another byte than a quote or a line end")
        self.delimiter = delimiter
        self.idColumn = idColumn
        self.rowBytes = rowBytes
    }
}

/// The bytes that mean something in a table, besides its delimiter.
enum CSVBytes {
    static let quote = UInt8(ascii: "\"")
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
}
