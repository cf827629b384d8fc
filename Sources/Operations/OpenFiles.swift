internal import Glibc

/// How many files and sockets this process may have open.
///
/// Where services are started by systemd or a shell, the soft limit is often 1,024, for programs that use `select`; the
/// hard limit is what counts, and any process may go up to it.
package enum OpenFiles {
    /// Raises the soft limit if it is lower, as far as the hard limit lets it.
    ///
    /// - Returns: how many may be open now.
    package static func allow(_ count: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur < rlim_t(count), limit.rlim_cur < limit.rlim_max {
            let before = limit.rlim_cur
            limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = before }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
