internal import CLinux
internal import Core
internal import Glibc

/// The bounds that a process sets for itself before it opens what it does not trust.
package struct Confinement: Sendable {
    /// MiB of memory that it may write to.
    package let megabytes: Int
    /// Whole seconds, of the clock and of processors.
    package let seconds: Int

    package init(megabytes: Int, seconds: Int) {
        self.megabytes = megabytes
        self.seconds = seconds
    }

    /// Binds this process, for good.
    ///
    /// A namespace is left while the process has one thread only, so this comes before anything that starts others.
    ///
    /// - Returns: whether the network is out of reach; not every kernel lets a process leave it.
    /// - Throws: ``ChildProcessError`` when a bound cannot be set.
    package func enter() throws -> Bool {
        let hasLeftNetwork = sibyl_leave_network() == 0
        // The first to go when the machine has no memory left. A system without this file decides by itself.
        let adjustment = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        if adjustment >= 0 {
            _ = write(adjustment, "1000", 4)
            close(adjustment)
        }
        try check("die_with_starter", sibyl_die_with_starter(SIGKILL))
        // The starter may be gone already, and a model that sleeps takes no processor time.
        let grace = Int(Limits.trialGrace.components.seconds)
        alarm(UInt32(clamping: seconds + grace))
        // A file that would grow too large is an error of the write, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        try bound("core", RLIMIT_CORE, 0)
        try bound("file size", RLIMIT_FSIZE, 0)
        try bound("files", RLIMIT_NOFILE, Limits.trialFiles)
        // At the lower bound the system says what it ends the process for, at the upper one it kills it.
        try bound("processor time", RLIMIT_CPU, seconds, atMost: seconds + grace)
        // What is mapped without being written to takes no memory that others need, such as the library's own text.
        try bound("memory", RLIMIT_DATA, megabytes << 20)
        try bound("address space", RLIMIT_AS, (megabytes + Limits.trialSpareMegabytes) << 20)
        try check("no_new_privs", sibyl_gain_no_privileges())
        return hasLeftNetwork
    }

    private func bound(_ name: String, _ resource: __rlimit_resource, _ value: Int, atMost most: Int? = nil) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        // A bound that is lower already stays.
        let upper = min(rlim_t(most ?? value), limit.rlim_max)
        limit = rlimit(rlim_cur: min(rlim_t(value), upper), rlim_max: upper)
        try check(name, setrlimit(__rlimit_resource_t(resource.rawValue), &limit))
    }

    private func check(_ operation: String, _ outcome: Int32) throws {
        guard outcome == 0 else { throw ChildProcessError(operation: operation, number: errno) }
    }
}
