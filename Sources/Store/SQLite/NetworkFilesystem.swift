internal import CLinux

/// Recognises filesystems on which neither SQLite's log nor `flock` can be trusted between machines.
enum NetworkFilesystem {
    /// The magic numbers of `statfs(2)`.
    private static let kinds: [UInt32: String] = [
        0x6969: "nfs", 0xFF53_4D42: "cifs", 0xFE53_4D42: "smb2", 0x517B: "smb", 0x0102_1997: "9p",
        0x5346_414F: "afs", 0x00C3_6400: "ceph", 0x6573_5546: "fuse",
    ]

    /// The kind of network filesystem under a folder; nil when it is a local one or cannot be told.
    static func kind(of folder: String) -> String? {
        kinds[UInt32(truncatingIfNeeded: sibyl_filesystem_magic(folder))]
    }
}
