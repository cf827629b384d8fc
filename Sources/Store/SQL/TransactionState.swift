/// What a transaction keeps in memory until its end: what it read once, and what it adds up to write once.
///
/// Many submissions in one commit so read and write a count once, and on a server a row that many count in is locked for
/// the moment of the commit only.
package protocol TransactionState: AnyObject {
    init()
    /// Where its writes come among those of other kinds: the same in every transaction, so that no two wait for each other
    /// in a circle.
    static var place: Int { get }
    /// Writes what was added up, in an order that is the same for all.
    func write(in connection: Connection) throws
}

extension Connection {
    /// What the open transaction keeps in memory of a kind, made at the first need for it.
    package func state<State: TransactionState>(_ type: State.Type) -> State {
        if let state = states[ObjectIdentifier(type)] as? State { return state }
        precondition(isInTransaction, "outside of a transaction it would never end")
        let state = State()
        states[ObjectIdentifier(type)] = state
        return state
    }

    /// Writes what the transaction has added up, each kind in the same order everywhere.
    private func writeStates() throws {
        let written = states.values.sorted { type(of: $0).place < type(of: $1).place }
        states = [:]
        for state in written { try state.write(in: self) }
    }

    /// Writes all that the transaction has still to write, and waits until the engine has taken it.
    func finish() throws {
        try writeStates()
        try session.sendQueue()
    }

    /// Makes the open transaction last.
    func commit() throws {
        try writeStates()
        try run("COMMIT")
    }

    /// Forgets what was not written yet: it is being undone.
    private func forgetUnwritten() {
        states = [:]
        session.forgetQueue()
    }

    /// Runs a closure whose writes are undone alone when it throws.
    ///
    /// - Returns: what the closure threw; nil when its writes stay.
    /// - Throws: when the database itself failed, so that the whole transaction must be undone.
    func savepoint(_ body: () throws -> Void) throws -> (any Error)? {
        try run("SAVEPOINT write")
        do {
            try body()
            try writeStates()
            try run("RELEASE write")
            return nil
        } catch {
            forgetUnwritten()
            // A full disk or a failed read has already undone the transaction; what was undone for another's sake may run
            // again, and all of it.
            guard isInTransaction, (error as? PostgresError)?.isUndone != true else { throw error }
            try run("ROLLBACK TO write")
            try run("RELEASE write")
            return error
        }
    }

    /// Undoes the open transaction, if the engine has not done so already.
    func rollBack() {
        forgetUnwritten()
        guard isInTransaction else { return }
        do {
            try run("ROLLBACK")
        } catch {
            // A connection that cannot even roll back must not go on: what it would commit is unknown.
            precondition(session.isLost, "rollback failed: \(error)")
        }
    }
}
