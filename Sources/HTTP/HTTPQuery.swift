/// The query of a request's target, decoded, in order.
package struct HTTPQuery: Sendable, Equatable {
    /// One `name=value`; the value is empty where there is no `=`.
    package struct Item: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    package private(set) var items: [Item]

    package init(items: [Item] = []) { self.items = items }

    /// Reads the part of a target after its question mark; `+` means a space.
    ///
    /// - Throws: ``HTTPError/malformed(_:)`` for a bad escape, a NUL or bytes that are not UTF-8.
    init(decoding text: Slice<UnsafeBufferPointer<UInt8>>) throws {
        items = try text.split(separator: UInt8(ascii: "&")).map { pair in
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            return Item(
                name: try PercentEncoding.decode(pair[..<equals], plusIsSpace: true),
                value: try PercentEncoding.decode(pair[equals...].dropFirst(), plusIsSpace: true))
        }
    }

    /// The value of the first item of a name.
    package func first(_ name: String) -> String? { items.first { $0.name == name }?.value }

    /// The values of all items of a name: more than one is a mistake where one is expected.
    package func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}
