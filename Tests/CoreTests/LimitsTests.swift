import TestSupport
import Testing

@Suite struct LimitsTests {
    /// One bound, as it stands in the source.
    private struct Limit: Equatable {
        let name: String
        let value: String
        let reason: String
    }

    @Test func `the tables of bounds in the papers are the bounds of the source, with their reasons`() throws {
        let declared = try declaredLimits()
        #expect(declared.count > 50)
        let settings = try PackageFiles.tableRows("docs/SETTINGS.md").filter { !$0[0].hasPrefix("SIBYL_") }
        #expect(settings.map { Limit(name: $0[0], value: $0[1], reason: $0[2]) } == declared)
    }

    @Test func `every bound gives its reason`() throws {
        for limit in try declaredLimits() { #expect(limit.reason.count > 10, "\(limit.name)") }
    }

    private func declaredLimits() throws -> [Limit] {
        var reason: [Substring] = []
        var limits: [Limit] = []
        for line in try PackageFiles.text("Sources/Core/Limits.swift").split(separator: "\n") {
            let line = line.drop { $0 == " " }
            if line.hasPrefix("///") {
                reason.append(line.dropFirst(4))
            } else if line.hasPrefix("package static let ") {
                let parts = line.dropFirst("package static let ".count).split(separator: " = ", maxSplits: 1)
                let value = try Self.words(for: String(parts[1]))
                let name = String(parts[0].prefix { $0 != ":" })
                limits.append(Limit(name: name, value: value, reason: reason.joined(separator: " ").plain))
                reason = []
            } else {
                reason = []
            }
        }
        return limits
    }

    /// Writes `1 << 20` as `1 MiB`, `Duration.seconds(2 * 60)` as `120 s` and `4_096` as `4,096`.
    private static func words(for expression: String) throws -> String {
        let text = expression.replacing("_", with: "")
        if let shift = text.firstMatch(of: /^(\d+) << (10|20|30)$/) {
            return "\(shift.1) \(["10": "KiB", "20": "MiB", "30": "GiB"][shift.2]!)"
        }
        if let duration = text.firstMatch(of: /^Duration\.(seconds|milliseconds)\((.+)\)$/) {
            return "\(try product(duration.2)) \(duration.1 == "seconds" ? "s" : "ms")"
        }
        return try product(text[...])
    }

    private static func product(_ text: Substring) throws -> String {
        let number = try text.split(separator: " * ").map { try #require(Int($0)) }.reduce(1, *)
        return String(number).reversed().enumerated().reduce("") { written, digit in
            String(digit.element) + (digit.offset > 0 && digit.offset % 3 == 0 ? "," : "") + written
        }
    }
}

extension String {
    fileprivate var plain: String { replacing("`", with: "") }
}
