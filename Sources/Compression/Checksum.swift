import CZlib

/// Computes the CRC-32 of bytes: finds accidental damage of a blob, does not withstand an attacker.
package func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
}

/// Computes the CRC-32 of bytes: finds accidental damage of a blob, does not withstand an attacker.
package func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0) }
}
