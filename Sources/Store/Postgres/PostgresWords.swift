/// Chooses from what a server or the library says of an error the words that hold no value of a row: they go into logs.
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
        if let primary, quotelessClasses.contains(String(state.prefix(2))) { return firstLine(of: primary) }
        let names = place.isEmpty ? "" : " at \(place.joined(separator: "."))"
        return "an error" + names + " whose message may quote a value"
    }

    /// What the library says of itself, such as that the connection is gone.
    ///
    /// Only a first line that begins as the library's own do is told. What a server sent begins with a mark in the server's
    /// language, and goes on over lines that have none and may quote a row.
    static func libraryWords(_ text: String) -> String {
        let line = firstLine(of: text)
        return libraryBeginnings.contains { line.hasPrefix($0) } ? line : "the connection failed"
    }

    /// Why a connection was refused: a line for each address that was tried, without what a server adds to its own.
    static func refusal(_ text: String) -> String {
        let lines = text.split(separator: "\n")
        return (lines.prefix(1) + lines.dropFirst().filter { $0.hasPrefix("connection to server") })
            .joined(separator: " ")
    }

    private static func firstLine(of text: String) -> String { String(text.prefix { !$0.isNewline }) }

    /// How the library begins what it says of itself.
    private static let libraryBeginnings = [
        "server closed the connection", "the server did not answer", "connection to server", "connection not open",
        "connection pointer", "no connection to the server", "could not ", "cannot ", "another command",
        "timeout expired", "out of memory", "SSL ", "synchronous command", "lost synchronization",
        "unexpected response", "insufficient data", "message contents", "message type",
    ]

    /// Connections, broken rules, states of transactions, logins, names, undone transactions, our statements' text, means,
    /// limits, locks, stops, the system.
    private static let quotelessClasses: Set<String> = [
        "08", "23", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58",
    ]
}
