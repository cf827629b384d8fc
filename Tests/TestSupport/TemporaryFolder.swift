import Foundation

/// A new folder that goes away with the object.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// - Parameter parent: where the folder is made.
    package init(in parent: String = "/tmp") {
        var template = Array((parent + "/sibyl-test-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary folder can be made") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
