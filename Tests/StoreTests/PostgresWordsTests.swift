import Testing

@testable import Store

/// What of an error's words may go into a log.
@Suite struct PostgresWordsTests {
    /// A detail goes on over lines of its own, and a server's marks are in its own language.
    @Test(arguments: [
        "ERROR:  duplicate key\nDETAIL:  Key (name)=(Jane\nDoe) already exists.",
        "FEHLER:  doppelter Schlüsselwert\nDETAIL:  Schlüssel »(name)=(Jane Doe)« existiert bereits.",
        "ERREUR:  la valeur\nDÉTAIL : La clé « (name)=(Jane Doe) » existe déjà.",
        "ОШИБКА:  значение\nПОДРОБНОСТИ:  Ключ \"(name)=(Jane Doe)\" уже существует.",
        "FATAL:  server closed the connection of Jane Doe", "Jane Doe\nserver closed the connection unexpectedly",
        "", "\n",
    ])
    func `words that may be a server's are not told`(text: String) {
        #expect(PostgresWords.libraryWords(text) == "the connection failed")
    }

    @Test func `of the library's own words the first line is told`() {
        let closed = "server closed the connection unexpectedly"
        #expect(PostgresWords.libraryWords("\(closed)\n\tThis probably means\nDETAIL:  Jane") == closed)
        let unreachable = "could not receive data from server: Connection timed out"
        #expect(PostgresWords.libraryWords(unreachable + "\r\nJane Doe") == unreachable)
    }

    @Test func `of a server's message the first line is told, and none that may quote a value`() {
        func reason(_ state: String, _ primary: String) -> String {
            PostgresWords.reason(state: state, primary: primary, place: ["far", "task"], library: "FEHLER:  Jane")
        }
        #expect(reason("23505", "doppelter Schlüsselwert\nJane Doe") == "doppelter Schlüsselwert")
        #expect(reason("22P02", "ungültig: »Jane Doe«") == "an error at far.task whose message may quote a value")
    }

    @Test func `a refusal names each address that was tried, without what a server adds`() {
        let text = """
            connection to server at "a" (10.0.0.1), port 5432 failed: Connection refused
            \tIs the server running on that host and accepting TCP/IP connections?
            connection to server at "b" (10.0.0.2), port 5432 failed: FATAL:  28P01: Passwort falsch
            DETAIL:  Zeile
            """
        #expect(
            PostgresWords.refusal(text)
                == "connection to server at \"a\" (10.0.0.1), port 5432 failed: Connection refused connection to server at "
                + "\"b\" (10.0.0.2), port 5432 failed: FATAL:  28P01: Passwort falsch")
    }
}
