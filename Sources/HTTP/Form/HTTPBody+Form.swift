import Core

/// A body that is a form with one file.
extension HTTPBody {
    /// Whether the body is `multipart/form-data`, well-formed or not.
    package var isForm: Bool { form != nil }

    /// Reads up to the beginning of the form's file.
    ///
    /// - Parameter name: the name that the file's part must have.
    /// - Throws: ``HTTPError``: `form` for a body that is not a well-formed form, begins with another part, or has none;
    ///   or what broke the body. What stands behind the file is judged when the file is read.
    package func file(named name: String) async throws -> HTTPFormFile {
        guard let form else { throw HTTPError.form(.notForm) }
        var reader = FormFileReader(try form.get(), name: name)
        var source = makeAsyncIterator()
        while reader.part == nil {
            guard let bytes = try await source.next() else {
                try reader.finish()
                break
            }
            try reader.feed(bytes)
        }
        guard let part = reader.part else { throw HTTPError.form(.noFile(expected: name)) }
        return HTTPFormFile(part, bytes: .init(FormReading(source: source, reader: reader)))
    }
}
