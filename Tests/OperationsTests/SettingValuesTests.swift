import Operations
import Testing

@Suite struct SettingValuesTests {
    private func values(
        _ options: [String: String] = [:], environment: [String: String] = [:], dotEnv: String? = nil
    ) throws -> SettingValues {
        try SettingValues(options: options, environment: environment, dotEnv: dotEnv)
    }

    @Test func `options win over the environment, that over the file, that over the default`() throws {
        let name = Setting.listen.name
        let (option, environment, file) = ([name: "o:1"], [name: "e:2"], "\(name)=f:3")
        #expect(try values(option, environment: environment, dotEnv: file)[.listen] == "o:1")
        #expect(try values(environment: environment, dotEnv: file)[.listen] == "e:2")
        #expect(try values(dotEnv: file)[.listen] == "f:3")
        #expect(try values()[.listen] == "127.0.0.1:8000")
    }

    @Test func `a variable that is set to nothing is not given`() throws {
        #expect(try values(environment: ["SIBYL_MODELS": ""], dotEnv: "SIBYL_MODELS=/m")[.models] == "/m")
        #expect(try values(environment: ["SIBYL_LEASE_SECONDS": ""]).integer(.leaseSeconds) == 15)
    }

    @Test func `a setting without a default is nothing until it is given`() throws {
        #expect(try values()[.auth] == nil)
        #expect(try values(environment: ["SIBYL_AUTH": "off"])[.auth] == "off")
    }

    @Test(arguments: [
        ("SIBYL_LEASE_SECONDS", "1"), ("SIBYL_LEASE_SECONDS", "3601"), ("SIBYL_LEASE_SECONDS", "15s"),
        ("SIBYL_LEASE_SECONDS", "1e1"), ("SIBYL_LEASE_SECONDS", " 15"), ("SIBYL_LEASE_SECONDS", "99999999999999999999"),
        ("SIBYL_CHUNK_ROWS", "0"), ("SIBYL_CHUNK_ROWS", "4097"), ("SIBYL_AUTH", "Off"), ("SIBYL_LOG_LEVEL", "verbose"),
        ("SIBYL_GROUP_COMMIT", "true"), ("SIBYL_SYNC_SECONDS", "-1"), ("SIBYL_RETENTION_HOURS", "0"),
    ])
    func `a value that cannot be used is refused wherever it comes from, naming the setting`(
        name: String, value: String
    ) throws {
        for refused in [
            #expect(throws: UsageError.self) { try values([name: value]) },
            #expect(throws: UsageError.self) { try values(environment: [name: value]) },
            #expect(throws: UsageError.self) { try values(dotEnv: "\(name)='\(value)'") },
        ] { #expect(refused?.message.hasPrefix(name) == true) }
    }

    @Test func `an empty option is refused rather than replaced`() {
        #expect(throws: UsageError("SIBYL_DATABASE (--database) must be a text.")) {
            try values(["SIBYL_DATABASE": ""])
        }
    }

    @Test func `a wrong value that a better source hides does no harm`() throws {
        #expect(try values(["SIBYL_LEASE_SECONDS": "5"], dotEnv: "SIBYL_LEASE_SECONDS=x").integer(.leaseSeconds) == 5)
    }

    @Test func `misspelt names are told, others' variables and our own inner names are not`() throws {
        let environment = ["SIBYL_LISTN": "x", "PATH": "/bin", "SIBYL_LIFELINE": "1", "SIBYL_LISTEN": "[::1]:1"]
        let values = try values(environment: environment, dotEnv: "SIBYL_DATBASE=x\nOTHER=y")
        #expect(values.unknownNames(except: ["SIBYL_LIFELINE"]) == ["SIBYL_DATBASE", "SIBYL_LISTN"])
    }

    @Test func `the bounds of whole numbers belong to them`() throws {
        for setting in Setting.all {
            guard case .integer(let range) = setting.kind else { continue }
            for bound in [range.lowerBound, range.upperBound] {
                #expect(try values([setting.name: "\(bound)"]).integer(setting) == bound)
            }
        }
    }
}
