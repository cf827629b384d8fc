import CMicroHTTPD

/// A connection of libmicrohttpd, as far as it may be paused and set going again.
///
/// The library's rule: suspend only from within its callbacks, resume from any thread, and only what is suspended
/// (<https://www.gnu.org/software/libmicrohttpd/manual/html_node/microhttpd_002dsuspend.html>). Whoever pauses keeps
/// a flag, and changes the flag and the connection under one lock; so a resume can neither be lost nor come twice.
/// A suspended connection is not closed by the library, so its pointer is valid while the flag is set.
struct SuspendableConnection: @unchecked Sendable {  // @unchecked because the pointer is used by the rule above.
    let pointer: OpaquePointer

    func suspend() { MHD_suspend_connection(pointer) }
    func resume() { MHD_resume_connection(pointer) }
}
