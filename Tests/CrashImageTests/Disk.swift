import TestSupport

/// A disk under power: what is certain to survive, and what may.
///
/// The rules are those that SQLite asks of a filesystem (<https://www.sqlite.org/atomiccommit.html>, §2;
/// <https://www.sqlite.org/psow.html>). What was written to a file before its last flush is there. Of what came later, each
/// sector of each write is there or not, whatever became of the others; a file that grew may hold anything where its new
/// bytes are missing; a file's creation or removal is certain once its folder was flushed. No write harms its neighbours.
struct Disk {
    /// A change of a file that no flush has covered.
    private enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    private struct File {
        /// The content as of the last flush.
        var flushed: [UInt8] = []
        var changes: [Change] = []
    }

    private var files: [Int: File] = [:]
    /// The folder as of its last flush: each path with its file.
    private var folder: [String: Int] = [:]
    /// What happened to each path since: a file, or its removal.
    private var entries: [String: [Int?]] = [:]

    mutating func apply(_ event: DiskEvent) {
        switch event {
        case .created(let file, let path):
            files[file] = File()
            entries[path, default: []].append(file)
        case .written(let file, let offset, let bytes):
            files[file]!.changes.append(.write(offset: offset, bytes: bytes))
        case .truncated(let file, let size): files[file]!.changes.append(.truncate(size: size))
        case .flushing: break
        case .flushed(let file):
            for change in files[file]!.changes { Self.make(change, in: &files[file]!.flushed) }
            files[file]!.changes = []
        case .folderFlushed:
            for (path, history) in entries { folder[path] = history.last! }
            entries = [:]
        case .removed(let path): entries[path, default: []].append(nil)
        }
    }

    /// What a power loss at this moment may leave: each path with its content.
    func image(using generator: inout SeededGenerator) -> [String: [UInt8]] {
        var image: [String: [UInt8]] = [:]
        for path in Set(folder.keys).union(entries.keys).sorted() {
            let history = [folder[path]] + (entries[path] ?? [])
            guard let file = history[Int.random(in: 0..<history.count, using: &generator)] else { continue }
            image[path] = content(of: files[file]!, Loss.random(using: &generator), using: &generator)
        }
        return image
    }

    /// What a power loss leaves at least.
    var flushed: [String: [UInt8]] { folder.mapValues { files[$0]!.flushed } }

    private func content(of file: File, _ loss: Loss, using generator: inout SeededGenerator) -> [UInt8] {
        var content = file.flushed
        let chosen = Int.random(in: 0...max(0, file.changes.count - 1), using: &generator)
        for (index, change) in file.changes.enumerated() {
            guard case .write(let offset, let bytes) = change else {
                if loss.keeps(index, chosen: chosen, using: &generator) { Self.make(change, in: &content) }
                continue
            }
            // The size may be known before the bytes are.
            if loss.growsFirst { Self.grow(&content, to: offset + bytes.count, using: &generator) }
            for part in Self.sectors(of: offset..<(offset + bytes.count), size: loss.sector)
            where loss.keeps(index, chosen: chosen, using: &generator) {
                let kept = bytes[(part.lowerBound - offset)..<(part.upperBound - offset)]
                Self.make(.write(offset: part.lowerBound, bytes: Array(kept)), in: &content)
            }
        }
        return content
    }

    private static func make(_ change: Change, in content: inout [UInt8]) {
        switch change {
        case .write(let offset, let bytes):
            let end = offset + bytes.count
            if content.count < end { content.append(contentsOf: repeatElement(0, count: end - content.count)) }
            content.replaceSubrange(offset..<end, with: bytes)
        case .truncate(let size):
            if content.count > size { content.removeLast(content.count - size) }
        }
    }

    private static func grow(_ content: inout [UInt8], to size: Int, using generator: inout SeededGenerator) {
        while content.count < size { content.append(UInt8.random(in: 0...255, using: &generator)) }
    }

    private static func sectors(of range: Range<Int>, size: Int?) -> [Range<Int>] {
        guard let size else { return [range] }
        return stride(from: range.lowerBound / size * size, to: range.upperBound, by: size).map {
            max($0, range.lowerBound)..<min($0 + size, range.upperBound)
        }
    }
}

/// How a file's unflushed changes come through a power loss.
private struct Loss {
    enum Kind: CaseIterable {
        case nothingStays
        case allStays
        /// What was written first stays, up to somewhere in the middle of a write.
        case theFirstStay
        /// Each stays or not.
        case someStay
        case allButOneStay
        case oneStays
        case theLastStay
    }

    let kind: Kind
    /// The unit in which writes are torn; nil for never.
    let sector: Int?
    let growsFirst: Bool
    private let share: Double

    static func random(using generator: inout SeededGenerator) -> Loss {
        Loss(
            kind: Bool.random(using: &generator) ? .nothingStays : Kind.allCases.randomElement(using: &generator)!,
            sector: [512, 4_096, nil].randomElement(using: &generator)!,
            growsFirst: Int.random(in: 0..<4, using: &generator) == 0,
            share: [0.1, 0.5, 0.9].randomElement(using: &generator)!)
    }

    /// Whether a sector of a write stays, or a truncation.
    func keeps(_ index: Int, chosen: Int, using generator: inout SeededGenerator) -> Bool {
        // A write in which the loss strikes is torn.
        let torn = Double.random(in: 0..<1, using: &generator) < share
        return switch kind {
        case .nothingStays: false
        case .allStays: true
        case .theFirstStay: index < chosen || index == chosen && torn
        case .someStay: torn
        case .allButOneStay: index != chosen || torn
        case .oneStays: index == chosen
        case .theLastStay: index > chosen || index == chosen && torn
        }
    }
}
