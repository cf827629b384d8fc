/// Header fields in the order in which they came or go; names are compared without regard to case.
///
/// A list and not a dictionary: a request has about ten fields, and a walk over ten is cheaper than ten hashes.
package struct HTTPHeaders: Sendable, Equatable {
    /// One field as it stands on its line.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    /// The value of the first field of a name.
    package func first(_ name: String) -> String? {
        fields.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// The values of all fields of a name, in order.
    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    }

    /// Adds a field after the others.
    package mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// Adds a request header's name to those by which the answer varies.
    package mutating func vary(by name: String) {
        guard let known = first("Vary") else { return add("Vary", name) }
        if !known.split(separator: ",").contains(where: { $0.trimmingSpaces.equalsIgnoringCase(name) }) {
            set("Vary", "\(known), \(name)")
        }
    }

    /// Gives a name one value, in place of any that it had.
    package mutating func set(_ name: String, _ value: String) {
        fields.removeAll { $0.name.equalsIgnoringCase(name) }
        add(name, value)
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }
}

extension String {
    /// Whether two texts are equal when `A` to `Z` count as `a` to `z`.
    package func equalsIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count && beginsIgnoringCase(other)
    }

    /// Whether a text begins with another when `A` to `Z` count as `a` to `z`.
    package func beginsIgnoringCase(_ other: String) -> Bool {
        guard utf8.count >= other.utf8.count else { return false }
        var (mine, theirs) = (self, other)
        return mine.withUTF8 { mine in
            theirs.withUTF8 { theirs in
                for index in theirs.indices where mine[index] != theirs[index] {
                    if mine[index].asciiLowercased != theirs[index].asciiLowercased { return false }
                }
                return true
            }
        }
    }
}

extension UInt8 {
    /// The byte, or for `A` to `Z` its small letter.
    var asciiLowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
