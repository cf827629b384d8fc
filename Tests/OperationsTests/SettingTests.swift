import Operations
import TestSupport
import Testing

@Suite struct SettingTests {
    @Test func `every setting is named as ours, once, and its option follows from its name`() {
        let names = Setting.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.hasPrefix("SIBYL_") })
        #expect(Setting.leaseSeconds.option == "--lease-seconds")
        #expect(Setting.database.option == "--database")
    }

    @Test func `every default would be taken as a value`() throws {
        for setting in Setting.all {
            guard let fallback = setting.fallback else { continue }
            _ = try SettingValues(options: [setting.name: fallback], environment: [:], dotEnv: nil)
        }
    }

    @Test func `the table of settings in the papers is the table of the program`() throws {
        let rows = try PackageFiles.tableRows("docs/SETTINGS.md").filter { $0[0].hasPrefix("SIBYL_") }
        let expected = Setting.all.map { setting in
            [setting.name, setting.option, setting.expected, setting.fallback ?? "–", setting.meaning.plain]
        }
        #expect(rows == expected)
    }
}

extension String {
    fileprivate var plain: String { replacing("`", with: "") }
}
