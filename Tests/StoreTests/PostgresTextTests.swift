import Testing

@testable import Store

/// What is said otherwise to PostgreSQL.
@Suite struct PostgresTextTests {
    @Test(arguments: [
        ("SELECT 1", "SELECT 1"),
        ("SELECT ?, ?", "SELECT $1, $2"),
        ("SELECT ?2, ?1, ?12", "SELECT $2, $1, $12"),
        ("SELECT ?1::bigint + ?1", "SELECT $1::bigint + $1"),
        ("SELECT '?', ?", "SELECT '?', $1"),
        ("SELECT 'it''s ?1', ?1", "SELECT 'it''s ?1', $1"),
        ("SELECT 'ä?', ?", "SELECT 'ä?', $1"),
        ("SELECT 1 FROM a CROSS JOIN b ON a.x = b.x", "SELECT 1 FROM a JOIN b ON a.x = b.x"),
        ("SELECT 1 FROM chunk INDEXED BY chunk_leased WHERE x = ?", "SELECT 1 FROM chunk WHERE x = $1"),
    ])
    func `parameters get PostgreSQL's names, and hints for SQLite go`(written: String, said: String) {
        #expect(PostgresText.translated(written) == said)
    }
}
