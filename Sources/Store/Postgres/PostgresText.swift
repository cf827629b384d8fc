/// Says in PostgreSQL's words what was written in SQLite's.
///
/// The statements of queue and store keep to what both engines know. What is left: parameters are `$1` instead of `?1` and
/// `?`; and the hints for SQLite's planner (`INDEXED BY`, `CROSS JOIN` with a condition) go.
enum PostgresText {
    static func translated(_ sql: String) -> String {
        var text = ""
        var next = 1
        var isQuoted = false
        var rest = Substring(sql)
        while let character = rest.popFirst() {
            if character == "'" { isQuoted.toggle() }
            guard character == "?", !isQuoted else {
                text.append(character)
                continue
            }
            let digits = rest.prefix { $0.isNumber }
            rest = rest.dropFirst(digits.count)
            if digits.isEmpty {
                text += "$\(next)"
                next += 1
            } else {
                text += "$\(digits)"
            }
        }
        return text.replacing("CROSS JOIN", with: "JOIN").replacing(/\ INDEXED BY \w+/, with: "")
    }
}
