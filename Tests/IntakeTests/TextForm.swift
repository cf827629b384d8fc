/// How a test writes a table's text in bytes.
enum TextForm: Sendable {
    case windows1252, utf16LittleEndian, utf16BigEndian
}
