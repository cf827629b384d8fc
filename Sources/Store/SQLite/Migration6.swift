/// What a submission that is repeated under its key is answered.
enum Migration6 {
    /// The same for both engines.
    static let sql = """
        -- What only the first answer knew, as JSON: the rows that had come, and the estimate.
        ALTER TABLE idempotency ADD COLUMN answer TEXT;
        """
}
