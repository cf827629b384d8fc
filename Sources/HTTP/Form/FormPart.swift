import Core

/// What the headers of a form's part say: RFC 7578, section 4.
package struct FormPart: Sendable, Equatable {
    /// Nil when the part has none, which is a mistake.
    package let name: String?
    /// What the caller calls the file, unchecked; `filename*` wins where it can be decoded.
    package let fileName: String?
    /// The part's `Content-Type` as it stands; nil when it names none.
    package let contentType: String?
    let transferEncoding: String?

    /// Reads the lines of a part's headers, without their ends.
    ///
    /// - Throws: ``HTTPError``: `form(.broken)`, `form(.ambiguousPart)`.
    init(lines: [[UInt8]]) throws {
        let headers = try Self.headers(lines)
        contentType = try Self.single("Content-Type", headers).flatMap { $0.isEmpty ? nil : $0 }
        transferEncoding = try Self.single("Content-Transfer-Encoding", headers)?.lowercased()
        guard let text = try Self.single("Content-Disposition", headers) else {
            (name, fileName) = (nil, nil)
            return
        }
        guard let disposition = FieldValue(text), disposition.value == "form-data" else {
            throw HTTPError.form(.broken)
        }
        do {
            name = try Self.text("name", of: disposition)
            fileName = try Self.text("filename", of: disposition)
        } catch is FieldValue.Ambiguous { throw HTTPError.form(.ambiguousPart) }
    }

    /// A parameter, preferably in its extended spelling.
    private static func text(_ name: String, of disposition: FieldValue) throws -> String? {
        let plain = try disposition.parameter(name)
        return try disposition.parameter(name + "*").flatMap(FieldValue.decodeExtended) ?? plain
    }

    private static func single(_ name: String, _ headers: HTTPHeaders) throws -> String? {
        let values = headers.all(name)
        guard values.allSatisfy({ $0 == values[0] }) else { throw HTTPError.form(.ambiguousPart) }
        return values.first
    }

    private static func headers(_ lines: [[UInt8]]) throws -> HTTPHeaders {
        var headers = HTTPHeaders()
        for line in unfolded(lines) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
                line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw HTTPError.form(.broken) }
            let name = String(decoding: line[..<colon], as: UTF8.self)[...].trimmingSpaces
            headers.add(name, String(decoding: line[(colon + 1)...], as: UTF8.self)[...].trimmingSpaces)
        }
        return headers
    }

    /// Joins a line that begins with a space to the one before it, as MIME allows (RFC 5322, section 2.2.3).
    private static func unfolded(_ lines: [[UInt8]]) -> [[UInt8]] {
        var whole: [[UInt8]] = []
        for line in lines {
            let isFolded = line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t")
            if isFolded, !whole.isEmpty { whole[whole.count - 1] += line } else { whole.append(line) }
        }
        return whole
    }
}
