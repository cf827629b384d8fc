/// What operators see of the models that workers have.
enum Migration5 {
    /// The same for both engines.
    static let sql = """
        -- What runs a model that is ready, and why no kernel does where one might have.
        ALTER TABLE owner_model ADD COLUMN engine TEXT;
        ALTER TABLE owner_model ADD COLUMN fallback TEXT;
        """
}
