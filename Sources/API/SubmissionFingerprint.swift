internal import Core
internal import Digest
internal import Intake

/// What makes two submissions the same: the route, the options and every byte of the body, decompressed.
struct SubmissionFingerprint: ~Copyable {
    private let digest = SHA256Stream()

    init(_ options: SubmissionOptions, model: ModelIdentity, route: String) {
        let words =
            [
                route, model.model, model.version, options.name ?? "", options.priority?.rawValue ?? "",
                options.idColumn ?? "",
            ] + Self.words(for: options.table)
        // Lengths keep two lists of words apart that read the same end to end.
        for word in words { digest.update(Array("\(word.utf8.count):\(word)".utf8)) }
    }

    private static func words(for table: CSVOptions) -> [String] {
        let format = [
            table.delimiter?.rawValue, table.decimal?.rawValue, table.thousands?.rawValue, table.encoding?.rawValue,
        ]
        return format.map { $0 ?? "auto" } + table.map.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
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
