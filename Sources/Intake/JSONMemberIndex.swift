import Core

/// Where a member's value stands in a body, and what kind of value it is.
struct JSONMember: Sendable {
    enum Kind: Sendable { case string, number, boolean, null, array, object }

    let kind: Kind
    let range: Range<Int>
    /// The number of elements of an array.
    var elementCount = 0
    /// Whether an array's first element is an array.
    var holdsArrays = false
}

/// The members of one object, by name.
///
/// An object has a handful, with names that fit a word or two: looking at each is quicker than hashing the name.
struct JSONMembers: Sendable {
    private var entries: [(name: String, member: JSONMember)] = []

    subscript(name: String) -> JSONMember? {
        for entry in entries where entry.name == name { return entry.member }
        return nil
    }

    /// - Returns: false when a member of that name is there already.
    fileprivate mutating func add(_ member: JSONMember, named name: String) -> Bool {
        guard self[name] == nil else { return false }
        entries.append((name, member))
        return true
    }
}

/// Reads an object's members without their values: where each stands.
struct JSONMemberIndex {
    let allowed: [String]
    private(set) var members = JSONMembers()
    /// The first unknown member, cut to a bound: told once the whole body is known to be JSON.
    private var unknown: String?

    init(allowed: [String]) { self.allowed = allowed }

    /// - Throws: `IntakeError` when the bytes are not one JSON object, or have an unknown or a repeated member.
    mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
        var json = JSONCursor(bytes)
        json.skipByteOrderMark()
        guard json.peek() == UInt8(ascii: "{") else {
            try json.skipValue()
            throw IntakeError.wrongDocument(expected: "a JSON object")
        }
        try json.takeObject { json, text in
            let name = json.withText(text) { String(decoding: $0.prefix(Limits.rowIDBytes), as: UTF8.self) }
            let nameEnd = text.end
            let member = try Self.locate(&json)
            guard allowed.contains(name) else { return unknown = unknown ?? name }
            guard members.add(member, named: name) else {
                throw IntakeError.malformedJSON(atByte: nameEnd, problem: .duplicateName)
            }
        }
        try json.expectEnd()
        guard let unknown else { return }
        throw IntakeError.unknownField(
            unknown, nearest: NameList.nearest(to: unknown, among: allowed), allowed: allowed)
    }

    private static func locate(_ json: inout JSONCursor) throws -> JSONMember {
        let first = json.peek()
        let start = json.position
        guard first == UInt8(ascii: "[") else {
            try json.skipValue()
            return JSONMember(kind: kind(first), range: start..<json.position)
        }
        var (count, holdsArrays) = (0, false)
        try json.takeArray { json in
            if count == 0 { holdsArrays = json.peek() == UInt8(ascii: "[") }
            count += 1
            try json.skipValue()
        }
        return JSONMember(
            kind: .array, range: start..<json.position, elementCount: count, holdsArrays: holdsArrays)
    }

    private static func kind(_ first: UInt8) -> JSONMember.Kind {
        switch first {
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }
}
