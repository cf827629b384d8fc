internal import CPostgres

/// One parameter as the server takes it: its type, and its bytes in the binary format.
struct PostgresParameter {
    let type: Oid
    let pointer: UnsafePointer<CChar>?
    let length: Int32

    init(_ value: SQLValue) {
        let bytes: [UInt8]? =
            switch value {
            case .null: nil
            case .integer(let number): Self.bigEndian(UInt64(bitPattern: number))
            case .real(let number): Self.bigEndian(number.bitPattern)
            case .text(let text): Array(text.utf8)
            case .blob(let bytes): bytes
            }
        self.init(Self.type(of: value), bytes)
    }

    private init(_ type: Oid, _ bytes: [UInt8]?) {
        self.type = type
        length = Int32(bytes?.count ?? 0)
        pointer = bytes.map { bytes in
            // A pointer to nothing would be NULL.
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
            memory.copyBytes(from: bytes)
            return UnsafePointer(memory.bindMemory(to: CChar.self).baseAddress!)
        }
    }

    func free() { pointer?.deallocate() }

    static func type(of value: SQLValue) -> Oid {
        switch value {
        case .integer, .null(.integer): PostgresType.int8
        case .real, .null(.real): PostgresType.double
        case .text, .null(.text): PostgresType.text
        case .blob, .null(.blob): PostgresType.bytes
        }
    }

    private static func bigEndian(_ bits: UInt64) -> [UInt8] { withUnsafeBytes(of: bits.bigEndian) { Array($0) } }
}
