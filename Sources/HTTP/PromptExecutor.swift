/// Runs a task on whatever thread sets it going: the one that starts it, and the one that ends a wait of it.
///
/// For tasks that do little between their waits, and never block: whoever ends a wait does their work before its own.
final class PromptExecutor: TaskExecutor {
    static let shared = PromptExecutor()

    private init() {}

    func enqueue(_ job: consuming ExecutorJob) { job.runSynchronously(on: asUnownedTaskExecutor()) }
}
