import Core

/// The text that parts a form, as its `Content-Type` names it: RFC 2046, section 5.1.1.
package struct FormBoundary: Sendable, Equatable {
    static let mediaType = "multipart/form-data"

    /// 1 to ``Limits/formBoundaryBytes`` bytes of printable ASCII, not ending with a space.
    let bytes: [UInt8]

    /// Takes any printable ASCII: clients write more letters than the RFC allows, and only equality matters.
    ///
    /// - Throws: ``HTTPError``: `form(.boundary)`.
    package init(_ headers: HTTPHeaders) throws {
        let types = headers.all("Content-Type")
        // try? because two boundaries that differ are as bad as none
        guard types.count == 1, let type = FieldValue(types[0]), type.value == Self.mediaType,
            let boundary = try? type.parameter("boundary")
        else { throw HTTPError.form(.boundary) }
        try self.init(Array(boundary.utf8))
    }

    init(_ bytes: [UInt8]) throws {
        guard (1...Limits.formBoundaryBytes).contains(bytes.count), bytes.allSatisfy({ (0x20...0x7E).contains($0) }),
            bytes.last != UInt8(ascii: " ")
        else { throw HTTPError.form(.boundary) }
        self.bytes = bytes
    }

    /// Whether a body with these headers is a form, well-formed or not.
    package static func isForm(_ headers: HTTPHeaders) -> Bool {
        headers.all("Content-Type").contains { FieldValue.plain($0) == mediaType }
    }
}
