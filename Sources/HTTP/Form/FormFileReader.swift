import Core

/// Takes the one file out of a form, and refuses a form with anything else.
///
/// Comes from: the body, piece by piece. Goes to: ``HTTPFormFile``.
struct FormFileReader {
    /// The file's part; nil before its head has come.
    private(set) var part: FormPart?
    private var parser: FormParser
    private let name: String
    /// Bytes of the file that were not taken yet.
    private var bytes: [UInt8] = []
    private var failure: (any Error)?

    /// - Parameter name: the name that the file's part must have.
    init(_ boundary: FormBoundary, name: String) {
        parser = FormParser(boundary)
        self.name = name
    }

    /// Reads further bytes of the form.
    ///
    /// - Throws: ``HTTPError``; once it has thrown, every call throws the same again.
    mutating func feed(_ piece: [UInt8]) throws {
        try attempt { reader in try reader.take(try reader.parser.feed(piece)) }
    }

    /// Says that the body is at its end.
    ///
    /// - Throws: ``HTTPError`` when the form is not: `form(.unfinished)`, `form(.noFile)`.
    mutating func finish() throws {
        try attempt { reader in
            try reader.take(try reader.parser.finish())
            guard reader.part != nil else { throw HTTPError.form(.noFile(expected: reader.name)) }
        }
    }

    /// The bytes of the file that came since the last call.
    mutating func takeBytes() throws -> [UInt8] {
        if let failure { throw failure }
        defer { bytes = [] }
        return bytes
    }

    private mutating func attempt(_ work: (inout FormFileReader) throws -> Void) throws {
        if let failure { throw failure }
        do { try work(&self) } catch {
            failure = error
            throw error
        }
    }

    private mutating func take(_ events: [FormParser.Event]) throws {
        for event in events {
            switch event {
            case .part(let part):
                guard self.part == nil else { throw HTTPError.form(.otherPart(expected: name)) }
                try check(part)
                self.part = part
            case .bytes(let piece): if bytes.isEmpty { bytes = piece } else { bytes += piece }
            case .partEnd, .formEnd: break
            }
        }
    }

    private func check(_ part: FormPart) throws {
        guard let partName = part.name else { throw HTTPError.form(.unnamed(expected: name)) }
        guard partName == name else { throw HTTPError.form(.otherPart(expected: name)) }
        guard ["7bit", "8bit", "binary"].contains(part.transferEncoding ?? "binary") else {
            throw HTTPError.form(.encodedPart)
        }
        if part.contentType?.lowercased().hasPrefix("multipart/") == true { throw HTTPError.form(.nestedPart) }
        // What a browser sends when nobody has chosen a file.
        let isNothing = part.fileName?.isEmpty == true && (part.contentType ?? Self.unknownType) == Self.unknownType
        if isNothing { throw HTTPError.form(.noFile(expected: name)) }
    }

    private static let unknownType = "application/octet-stream"
}
