internal import Digest
internal import Queue

/// What makes two submissions the same: the route with the format of the rows, the options as the caller wrote them,
/// the character set that the Content-Type says, and every byte of the body, decompressed.
///
/// Nothing that the service makes of them counts, such as the version that is the default now: an honest repeat is the same
/// though that has changed.
struct SubmissionFingerprint: ~Copyable {
    private let digest = SHA256Stream()

    init(_ options: SubmissionOptions, route: String) {
        let items = options.said.map { $0.name + "=" + $0.value }.sorted()
        // Lengths keep two lists of words apart that read the same end to end.
        for word in [route] + items {
            digest.update(Array("\(word.utf8.count):\(word)".utf8))
        }
    }

    /// The fingerprint of a submission whose body is there whole.
    static func of(_ body: [UInt8], _ options: SubmissionOptions, route: String) -> [UInt8] {
        let fingerprint = SubmissionFingerprint(options, route: route)
        fingerprint.add(body)
        return fingerprint.finish()
    }

    func add(_ bytes: [UInt8]) { digest.update(bytes) }

    /// The fingerprint's 32 bytes; nothing may be added afterwards.
    func finish() -> [UInt8] { digest.finish() }
}

extension SubmissionOptions {
    /// The caller's key for a submission whose body is there whole; nil when there is none.
    func key(of body: [UInt8], route: String) -> IdempotencyKey? {
        idempotencyKey.map { IdempotencyKey($0, fingerprint: SubmissionFingerprint.of(body, self, route: route)) }
    }
}
