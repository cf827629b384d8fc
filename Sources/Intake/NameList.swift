import Core

/// Shows names in a message: few, short, without control characters.
enum NameList {
    /// Lists names as `` `a`, `b` and 3 more ``; at most ``Limits/listedNames`` of them.
    static func text(_ names: [String]) -> String {
        let shown = names.prefix(Limits.listedNames).map { "`\(clean($0))`" }.joined(separator: ", ")
        let rest = names.count - Limits.listedNames
        return rest > 0 ? "\(shown) and \(rest) more" : shown
    }

    /// Cuts a name to ``Limits/listedNameBytes`` and drops control and invisible format characters.
    static func clean(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars.prefix(Limits.listedNameBytes) {
            let category = scalar.properties.generalCategory
            if category == .control || category == .format || category == .lineSeparator { continue }
            guard text.utf8.count + scalar.utf8.count <= Limits.listedNameBytes else { break }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    /// Finds the candidate that a name was most likely meant to be; nil when none is close.
    static func nearest(to name: String, among candidates: [String]) -> String? {
        let wanted = Array(name.lowercased().unicodeScalars.prefix(Limits.listedNameBytes))
        let most = min(wanted.count / 2, max(2, wanted.count / 3))
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(wanted, Array(candidate.lowercased().unicodeScalars.prefix(Limits.listedNameBytes)))
            if distance <= min(most, (best?.distance ?? .max) - 1) { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Finds the few candidates that names were most likely meant to be, the nearest first: those with one of the names in
    /// them, or in one of the names, and those that differ in few letters.
    static func nearest(to names: [String], among candidates: [String]) -> [String] {
        let wanted = names.prefix(Limits.listedNames).map { folded($0) }.filter { !$0.isEmpty }
        var found: [(name: String, distance: Int)] = []
        for candidate in candidates.prefix(256) {
            let letters = folded(candidate)
            let nearness = wanted.compactMap { distance(of: letters, to: $0) }.min()
            if let nearness, !found.contains(where: { $0.name == candidate }) { found.append((candidate, nearness)) }
        }
        return found.sorted { $0.distance < $1.distance }.prefix(3).map(\.name)
    }

    /// A name's letters and digits, small.
    private static func folded(_ name: String) -> [Unicode.Scalar] {
        let letters = name.lowercased().unicodeScalars.prefix(Limits.listedNameBytes).filter {
            $0.properties.isAlphabetic || $0.properties.numericType != nil
        }
        return Array(letters)
    }

    /// How far two names are from each other; nil when nobody would mean the one by the other.
    private static func distance(of name: [Unicode.Scalar], to wanted: [Unicode.Scalar]) -> Int? {
        let shorter = name.count < wanted.count ? name : wanted
        let longer = name.count < wanted.count ? wanted : name
        let letters = distance(name, wanted)
        if letters <= min(wanted.count / 2, max(2, wanted.count / 3)) { return letters }
        guard shorter.count >= 3, contains(longer, shorter) else { return nil }
        return longer.count
    }

    private static func contains(_ longer: [Unicode.Scalar], _ shorter: [Unicode.Scalar]) -> Bool {
        (0...(longer.count - shorter.count)).contains { longer[$0...].starts(with: shorter) }
    }

    /// The number of letters to insert, remove or replace (Levenshtein).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                current.append(
                    min(previous[column] + (letter == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
