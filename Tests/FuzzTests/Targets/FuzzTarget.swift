/// One reader of ours that takes bytes from outside, and what must hold for it whatever they are.
///
/// Its name is its folder of seeds in `Tests/FuzzTests/corpus` and its word for `scripts/fuzz`. A reader that is new, such
/// as a fused text kernel, gets a case here, a file beside this one and a few seeds: everything else follows.
enum FuzzTarget: String, CaseIterable, Sendable {
    case csv, ndjson, json, resumption, number, utf8
    case target, head, fields, form, framing
    case gzip, blob, manifest, kernel

    /// Reads the bytes.
    ///
    /// - Throws: ``Finding`` where something that must hold does not; a trap of the reader is a finding too.
    func run(_ bytes: [UInt8]) throws {
        switch self {
        case .csv: try TableFuzz.run(bytes)
        case .ndjson: try LineFuzz.run(bytes)
        case .json: try BodyFuzz.run(bytes)
        case .resumption: try ResumptionFuzz.run(bytes)
        case .number: try NumberFuzz.run(bytes)
        case .utf8: try TextFuzz.run(bytes)
        case .target: try AddressFuzz.run(bytes)
        case .head: try HeadFuzz.run(bytes)
        case .fields: try FieldFuzz.run(bytes)
        case .framing: try FramingFuzz.run(bytes)
        case .form: try FormFuzz.run(bytes)
        case .gzip: try GzipFuzz.run(bytes)
        case .blob: try BlobFuzz.run(bytes)
        case .manifest: try ManifestFuzz.run(bytes)
        case .kernel: try KernelFuzz.run(bytes)
        }
    }
}

/// Something that must hold and does not.
struct Finding: Error, CustomStringConvertible {
    let description: String

    /// - Throws: a finding unless the condition holds.
    static func unless(_ condition: Bool, _ description: @autoclosure () -> String) throws {
        if !condition { throw Finding(description: description()) }
    }
}

/// Gives out bytes one by one as choices; when there are none left, zeros.
struct Choices {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// A number from 0 to below a bound of at most 256.
    mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

    mutating func flag() -> Bool { byte() & 1 == 1 }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
