package import Core

/// What a person typed or set cannot be used; one line with the remedy.
package struct UsageError: CodedError, Equatable {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var code: ErrorCode { .configurationInvalid }

    /// What the process ends with: EX_USAGE of sysexits.h.
    package static let exitCode: Int32 = 64
}
