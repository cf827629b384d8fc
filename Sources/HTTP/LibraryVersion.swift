import CMicroHTTPD

/// Tells how much of HTTP's strictness must come from us.
enum LibraryVersion {
    /// Whether the library is older than 0.9.77, the first that refuses NUL, bare LF and folded lines itself.
    ///
    /// The older ones also answer with HTML what they refuse when they are told to be strict, so with them we are
    /// strict in their place: see ``RequestHead``.
    static let isLenient: Bool = {
        let parts = String(cString: MHD_get_version()).split(separator: ".").prefix(3).map { Int($0) ?? 0 }
        return parts.lexicographicallyPrecedes([0, 9, 77])
    }()
}
