internal import Core
internal import Digest

/// What makes two submissions the same: the route, the options and every byte of the body, decompressed.
struct SubmissionFingerprint: ~Copyable {
    private let digest = SHA256Stream()

    init(_ options: SubmissionOptions, model: ModelIdentity, route: String) {
        let items = options.items.map { $0.name + "=" + $0.value }.sorted()
        // Lengths keep two lists of words apart that read the same end to end.
        for word in [route, model.model, model.version] + items {
            digest.update(Array("\(word.utf8.count):\(word)".utf8))
        }
    }

    /// The fingerprint of a submission whose body is there whole.
    static func of(
        _ body: [UInt8], _ options: SubmissionOptions, model: ModelIdentity, route: String
    ) -> [UInt8] {
        let fingerprint = SubmissionFingerprint(options, model: model, route: route)
        fingerprint.add(body)
        return fingerprint.finish()
    }

    func add(_ bytes: [UInt8]) { digest.update(bytes) }

    /// The fingerprint's 32 bytes; nothing may be added afterwards.
    func finish() -> [UInt8] { digest.finish() }
}
