package import Core

/// Any JSON value, for the parts of a manifest that are handed on as they are.
package indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Writes the value; an object's members in the order of their names.
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let flag): json.value(flag)
        case .number(let number): json.value(number)
        case .string(let text): json.value(text)
        case .array(let values): json.array { json in for value in values { value.write(to: &json) } }
        case .object(let members):
            json.object { json in
                for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(escaping: name)
                    value.write(to: &json)
                }
            }
        }
    }

    /// The text of a string; nil for anything else.
    package var text: String? { if case .string(let text) = self { text } else { nil } }
}

extension JSONValue: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {  // try? because another type may fit
            self = .bool(flag)
        } else if let number = try? container.decode(Double.self) {  // try? because another type may fit
            self = .number(number)
        } else if let text = try? container.decode(String.self) {  // try? because another type may fit
            self = .string(text)
        } else if let values = try? container.decode([JSONValue].self) {  // try? because another type may fit
            self = .array(values)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}

extension JSONValue: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .number(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }
}
