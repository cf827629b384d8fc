/// Chooses from what a server says of an error the words that hold no value of a row: they go into logs.
///
/// `DETAIL` and `CONTEXT` quote rows and parameters, so they are never read. The message itself names tables, columns and
/// rules in most classes of errors, but quotes the value where a value is at fault (class 22), and in errors that functions
/// raise (<https://www.postgresql.org/docs/15/errcodes-appendix.html>).
enum PostgresWords {
    /// - Parameters:
    ///   - state: the SQL state; empty when no server answered.
    ///   - primary: the server's message without its details; nil when there is none.
    ///   - place: the names of the table, column and rule that the server named.
    ///   - library: what libpq says, which may repeat the server.
    static func reason(state: String, primary: String?, place: [String], library: String) -> String {
        guard !state.isEmpty else { return libraryWords(library) }
        if let primary, quotelessClasses.contains(String(state.prefix(2))) { return primary }
        let names = place.isEmpty ? "" : " at \(place.joined(separator: "."))"
        return "an error" + names + " whose message may quote a value"
    }

    /// What the library says of itself, such as that the connection is gone; without lines that a server sent.
    static func libraryWords(_ text: String) -> String {
        text.split(separator: "\n").filter { line in
            !["ERROR:", "DETAIL:", "CONTEXT:", "HINT:", "STATEMENT:", "QUERY:"].contains { line.contains($0) }
        }.joined(separator: " ")
    }

    /// Connections, broken rules, states of transactions, logins, names, undone transactions, our statements' text, means,
    /// limits, locks, stops, the system.
    private static let quotelessClasses: Set<String> = [
        "08", "23", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58",
    ]
}
