/// What the life of a task needs: lists by owner, and tasks that are being stopped.
enum Migration2 {
    static let sql = """
        -- Lists, newest first.
        CREATE INDEX task_owner ON task (owner, id);

        -- What the keeper stops next.
        CREATE INDEX task_cancelling ON task (key) WHERE status = 'cancelling';
        """
}
