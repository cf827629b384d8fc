/// Watches the statements of a database's connections, so that tests can let any of them fail.
///
/// A service gives none; then a statement pays one look at nil.
package struct StatementWatch: Sendable {
    /// Called before a statement runs; an error that it throws stands for the statement's own.
    package let before: @Sendable (_ sql: String, _ connection: Connection) throws -> Void
    /// Called after a statement has run; an error that it throws leaves its outcome unknown to the caller.
    package let after: @Sendable (_ sql: String, _ connection: Connection) throws -> Void

    package init(
        before: @escaping @Sendable (_ sql: String, _ connection: Connection) throws -> Void,
        after: @escaping @Sendable (_ sql: String, _ connection: Connection) throws -> Void
    ) {
        self.before = before
        self.after = after
    }
}
