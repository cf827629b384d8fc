import CMicroHTTPD

/// Names status codes.
enum HTTPStatus {
    /// The words that stand beside a code in a status line, such as `Not Found`.
    static func phrase(of status: Int) -> String {
        String(cString: MHD_get_reason_phrase_for(UInt32(clamping: status)))
    }
}
