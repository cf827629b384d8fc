internal import Core

/// Why a client command could not do what it was asked.
struct ClientError: CodedError {
    let code: ErrorCode
    let message: String
    /// What the process ends with: API.md, section 1.
    let exitCode: Int32
}
