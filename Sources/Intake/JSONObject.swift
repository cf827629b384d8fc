import Core

/// A JSON body that is an object of known members; an absent member and null are both "not given".
///
/// The body is checked whole, once, and nothing is built from it: a member is read when it is asked for.
///
/// Comes from: a request's body. Goes to: the routes, which read options from it, and ``JSONSubmission``.
package struct JSONObject: Sendable {
    let bytes: [UInt8]
    let members: JSONMembers

    /// - Parameter names: the members that it may have.
    /// - Throws: `IntakeError` when the bytes are not one JSON object, or it has an unknown or a repeated member.
    package init(parsing bytes: [UInt8], members names: [String]) throws {
        var index = JSONMemberIndex(allowed: names)
        try bytes.withUnsafeBytes { try index.read($0) }
        self.bytes = bytes
        members = index.members
    }

    /// Reads a string option.
    ///
    /// - Throws: `IntakeError.wrongField` when the value is no string, or a longer one than allowed.
    package func string(_ name: String, maximumBytes: Int = Limits.taskNameBytes) throws -> String? {
        try value(name, .string, "a string of at most \(maximumBytes) bytes") { json in
            let text = try json.takeString()
            guard !text.hasLoneSurrogate else { throw Self.cutText(name) }
            return json.withText(text) { $0.count <= maximumBytes ? String(decoding: $0, as: UTF8.self) : nil }
        }
    }

    /// Reads a whole number within a range.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        try value(name, .number, "a whole number from \(range.lowerBound) to \(range.upperBound)") { json in
            if json.takeNoNumber() { return nil }
            let value = try json.takeNumber().number.integer.flatMap(Int.init(exactly:))
            return value.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Reads a number within a range, such as a duration in seconds.
    package func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
        try value(name, .number, "a number from \(range.lowerBound) to \(range.upperBound)") { json in
            if json.takeNoNumber() { return nil }
            let (number, text) = try json.takeNumber()
            guard text.count <= Limits.numberBytes else { return nil }
            let value = number.reading(of: text, minimum: range.lowerBound, maximum: range.upperBound).double
            return range.contains(value) ? value : nil
        }
    }

    package func flag(_ name: String) throws -> Bool? {
        try value(name, .boolean, "true or false") { $0.peek() == UInt8(ascii: "t") }
    }

    /// Reads an object of strings, at most ``Limits/metadataStrings`` of them.
    package func strings(_ name: String) throws -> [String: String]? {
        let expected =
            "an object of at most \(Limits.metadataStrings) strings, each of at most \(Limits.metadataBytes) bytes"
        return try value(name, .object, expected) { json in
            var strings: [String: String]? = [:]
            try json.takeObject { json, key in
                if key.hasLoneSurrogate { throw Self.cutText(name) }
                let key = Self.bounded(&json, key)
                guard json.peek() == UInt8(ascii: "\"") else {
                    strings = nil
                    return try json.skipValue()
                }
                let text = try json.takeString()
                if text.hasLoneSurrogate { throw Self.cutText(name) }
                guard let key, let text = Self.bounded(&json, text), strings?[key] == nil,
                    strings?.count ?? .max < Limits.metadataStrings
                else { return strings = nil }
                strings?[key] = text
            }
            return strings
        }
    }

    private static func cutText(_ name: String) -> IntakeError {
        .wrongField(
            name: name, expected: "whole text; it has half of a surrogate pair, as text cut within an emoji has")
    }

    private static func bounded(_ json: inout JSONCursor, _ text: JSONText) -> String? {
        json.withText(text) { $0.count <= Limits.metadataBytes ? String(decoding: $0, as: UTF8.self) : nil }
    }

    private func value<Value>(
        _ name: String, _ kind: JSONMember.Kind, _ expected: String, read: (inout JSONCursor) throws -> Value?
    ) throws -> Value? {
        guard let member = members[name], member.kind != .null else { return nil }
        guard member.kind == kind else { throw IntakeError.wrongField(name: name, expected: expected) }
        let value = try bytes.withUnsafeBytes { bytes in
            var json = JSONCursor(bytes, at: member.range.lowerBound)
            return try read(&json)
        }
        guard let value else { throw IntakeError.wrongField(name: name, expected: expected) }
        return value
    }
}
