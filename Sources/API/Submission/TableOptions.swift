internal import Intake

/// The options that say how a table is written; what is not said is found out from its first bytes.
enum TableOptions {
    static let items = ["delimiter", "decimal", "thousands", "encoding", "booleans"]
    /// `map.recency=weeks_since`: the column that feeds an input.
    static let mapPrefix = "map."

    static func read(_ options: RequestOptions) throws -> CSVOptions {
        CSVOptions(
            delimiter: try delimiter(options), decimal: try options.choice("decimal", of: CSVDecimal.self),
            thousands: try options.choice("thousands", of: CSVThousands.self),
            encoding: try encoding(options), booleans: try booleans(options),
            map: try options.texts(under: mapPrefix))
    }

    /// A tab may be written as a word: it is hard to type into an address.
    private static func delimiter(_ options: RequestOptions) throws -> CSVDelimiter? {
        try options.text("delimiter") == "tab" ? .tab : try options.choice("delimiter", of: CSVDelimiter.self)
    }

    private static func encoding(_ options: RequestOptions) throws -> CSVEncoding? {
        guard let name = try options.text("encoding"), name != "auto" else { return nil }
        guard let encoding = CSVEncoding(rawValue: name) else {
            throw APIError.invalidParameter(
                name: "encoding",
                expected:
                    "`auto` or a character set that iconv knows and that a table can be split in, such as `utf-8`, "
                    + "`windows-1252`, `utf-16le`, `macintosh` or `shift_jis`")
        }
        return encoding
    }

    private static func booleans(_ options: RequestOptions) throws -> CSVBooleans? {
        guard let text = try options.text("booleans"), text != "auto" else { return nil }
        guard let booleans = CSVBooleans(text) else {
            throw APIError.invalidParameter(name: "booleans", expected: "two words, such as `ja,nein`, or `auto`")
        }
        return booleans
    }
}
