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
