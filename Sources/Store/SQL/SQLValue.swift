package import Core

/// One value bound to a statement's parameter.
package enum SQLValue: Sendable {
    /// Nothing, where something of a kind may stand: some servers must know the kind.
    case null(SQLKind)
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    package static func integer(_ number: Int) -> SQLValue { .integer(Int64(number)) }
    /// Numbers as PostgreSQL writes a list.
    package static func list(_ numbers: [Int64]) -> SQLValue {
        .text("{" + numbers.map(String.init).joined(separator: ",") + "}")
    }
    package static func time(_ time: WallTime) -> SQLValue { .integer(time.milliseconds) }
    package static func optional(_ time: WallTime?) -> SQLValue { time.map { .time($0) } ?? .null(.integer) }
    package static func optional(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null(.text) }
    package static func optional(_ bytes: [UInt8]?) -> SQLValue { bytes.map { .blob($0) } ?? .null(.blob) }
    package static func optional(_ number: Int64?) -> SQLValue { number.map { .integer($0) } ?? .null(.integer) }
}

/// The kinds of values that a parameter may have.
package enum SQLKind: Sendable {
    case integer
    case real
    case text
    case blob
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .text(value) }
}
