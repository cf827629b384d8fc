import Core

/// Reads the boundary of a form, as strictly as libmicrohttpd reads it loosely.
///
/// The library takes all that follows the first `boundary=` and never looks for the parameter's end; one quotation mark
/// alone crashed releases up to 0.9.75 (CVE-2023-27371). So a boundary must be the last parameter and keep to the letters
/// of RFC 2046, section 5.1.1.
enum FormBoundary {
    static let mediaType = "multipart/form-data"

    /// Whether a body with these headers is a form, well-formed or not.
    static func isForm(_ headers: HTTPHeaders) -> Bool {
        headers.all("Content-Type").contains { value in
            value.prefix { $0 != ";" }.trimmingSpaces.equalsIgnoringCase(mediaType)
        }
    }

    /// - Returns: the boundary's length in bytes, 1 to 70.
    /// - Throws: ``HTTPError``: `form(.boundary)`.
    static func length(_ headers: HTTPHeaders) throws -> Int {
        let values = headers.all("Content-Type")
        guard values.count == 1, let start = values[0].firstRange(of: "boundary=") else {
            throw HTTPError.form(.boundary)
        }
        let before = values[0][..<start.lowerBound].trimmingSpaces
        var boundary = values[0][start.upperBound...].utf8
        if boundary.first == quote, boundary.last == quote, boundary.count > 2 {
            boundary = boundary.dropFirst().dropLast()
        }
        guard before.utf8.count > mediaType.utf8.count, before.hasSuffix(";"), (1...70).contains(boundary.count),
            boundary.allSatisfy(isBoundaryByte), boundary.last != UInt8(ascii: " ")
        else { throw HTTPError.form(.boundary) }
        return boundary.count
    }

    private static let quote = UInt8(ascii: "\"")

    private static func isBoundaryByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }
}
