import Core

/// A file of another kind than rows of text, known by its first bytes.
package enum ForeignFile: Sendable, Equatable, CaseIterable {
    /// A ZIP archive: a workbook as spreadsheet programs save it, or something else.
    case zip
    /// A workbook of the old kind (.xls).
    case oldWorkbook
    /// Bytes that were compressed and do not say so.
    case gzip
    case pdf
    case parquet

    /// The first bytes that are needed to know any of them.
    package static let headBytes = 8

    private var start: [UInt8] {
        switch self {
        case .zip: [0x50, 0x4B, 0x03, 0x04]
        case .oldWorkbook: [0xD0, 0xCF, 0x11, 0xE0]
        case .gzip: [0x1F, 0x8B, 0x08]
        case .pdf: Array("%PDF-".utf8)
        // The first field of the first page's head follows the mark, which alone may be the name of a column.
        case .parquet: [0x50, 0x41, 0x52, 0x31, 0x15]
        }
    }

    /// Looks at the first bytes of an input.
    ///
    /// - Returns: nil when they may be rows.
    package init?(startingWith bytes: some Collection<UInt8>) {
        guard let file = Self.allCases.first(where: { bytes.starts(with: $0.start) }) else { return nil }
        self = file
    }

    var message: String {
        switch self {
        case .zip, .oldWorkbook:
            "This is a workbook of a spreadsheet program (or another archive), not text; save the sheet as CSV, such as \"CSV "
                + "UTF-8\", and send that as `text/csv`. Workbooks themselves are not read yet."
        case .gzip: "These bytes are compressed by gzip; say so with `Content-Encoding: gzip`."
        case .pdf: "This is a PDF; send the rows as CSV or NDJSON."
        case .parquet: "This is a Parquet file; save its rows as CSV or NDJSON and send that."
        }
    }
}
