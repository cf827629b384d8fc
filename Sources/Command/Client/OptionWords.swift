internal import Core

/// Says the API's words as the command line's options: callers who typed `--map` do not know `map.recency=weeks`.
enum OptionWords {
    /// Names that mean an option wherever they stand, unless a sentence says that they are an input or a column.
    private static let table = [
        "delimiter": "--delimiter", "decimal": "--decimal", "thousands": "--thousands", "encoding": "--encoding",
        "booleans": "--booleans", "id_column": "--id-column", "on_invalid": "--on-invalid",
        "keep_input": "--keep-input",
        "deadline_in": "--deadline", "keep_for": "--keep-for", "not_before": "--not-before", "map": "--map",
        "model_version": "--version", "prefix": "--prefix", "bom": "--bom",
    ]
    /// Names that mean one where the sentence is about options only.
    private static let others = [
        "model": "--model", "name": "--name", "priority": "--priority", "fields": "--fields",
        "threshold": "--threshold", "probabilities": "--probabilities", "limit": "--limit", "metadata": "--metadata",
        "format": "--format",
    ]
    /// What the command line says without a value.
    private static let flags = [
        "partial=true": "--partial", "join=input": "--join", "bom=true": "--bom", "errors_only=true": "--errors",
        "include=retries": "--include-retries", "dry_run=true": "--check",
    ]

    /// A sentence of the service, in the command line's words.
    ///
    /// - Parameter code: what the sentence is about; nil where that is not known. Where columns are listed, a bare name is
    ///   one of them.
    static func text(_ text: String, of code: ErrorCode? = nil) -> String {
        let listsNames = [.missingColumn, .duplicateColumn, .unknownField, .missingInput].contains(code)
        return text.replacing(/(input |column |columns )?`([a-z_]+)(?:\.([^`=]+))?(?:=([^`]+))?`/) { match in
            let (whole, subject, name, part, value) = match.output
            if subject != nil && value == nil { return String(whole) }
            let said = String(whole.dropFirst(subject?.count ?? 0))
            return (subject ?? "")
                + (option(String(name), part, value, isAlone: !listsNames, isParameter: code == .invalidParameter)
                    ?? said)
        }
    }

    private static func option(
        _ name: String, _ part: Substring?, _ value: Substring?, isAlone: Bool, isParameter: Bool
    ) -> String? {
        if let part {
            guard let value, let option = ["map": "--map", "metadata": "--metadata"][name] else { return nil }
            return "`\(option) \(word("\(part)=\(value)"))`"
        }
        if let value {
            if let flag = flags["\(name)=\(value)"] { return "`\(flag)`" }
            return (table[name] ?? others[name]).map { "`\($0) \(word(String(value)))`" }
        }
        // Of these two no table of names is likely to speak, and sentences that list names speak of them.
        guard isAlone || ["id_column", "prefix"].contains(name) else { return nil }
        return (table[name] ?? (isParameter ? others[name] : nil)).map { "`\($0)`" }
    }

    /// A value as one word of a shell: the names come from a file, and people paste what they read.
    private static func word(_ text: String) -> String {
        if text.wholeMatch(of: /[A-Za-z0-9_.,:=\/-]+/) != nil { return text }
        return "'\(text.replacing("'", with: "'\\''"))'"
    }
}

/// A sentence of the service that is shown to a person; read in the command line's words.
@propertyWrapper
struct InOptions: Decodable {
    var wrappedValue: String

    init(wrappedValue: String) { self.wrappedValue = wrappedValue }

    init(from decoder: any Decoder) throws {
        wrappedValue = OptionWords.text(try decoder.singleValueContainer().decode(String.self))
    }
}
