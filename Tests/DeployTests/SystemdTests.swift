import Core
import Foundation
import Operations
import TestSupport
import Testing

@Suite struct SystemdTests {
    @Test(arguments: Units.services + Units.others)
    func `systemd takes the unit without a word`(unit: String) throws {
        let units = try Units()
        let outcome = try Tool.run(["systemd-analyze", "verify", "--root=" + units.root, "--man=no", unit])
        #expect(outcome.text.isEmpty)
        #expect(outcome.code == 0)
    }

    /// From 0, sealed off, to 100; a unit without hardening has 96.
    @Test(arguments: Units.services) func `systemd finds the service little exposed`(unit: String) throws {
        let units = try Units()
        let outcome = try Tool.run([
            "systemd-analyze", "security", "--root=" + units.root, "--offline=true", "--threshold=15", "--no-pager",
            unit,
        ])
        #expect(outcome.code == 0, "\(outcome.text)")
    }

    @Test func `systemd makes the user of the services`() throws {
        let folder = TemporaryFolder()
        let file = PackageFiles.path("deploy/systemd/sibyl.sysusers.conf")
        let outcome = try Tool.run(["systemd-sysusers", "--dry-run", "--root=" + folder.path, file])
        #expect(outcome.code == 0, "\(outcome.text)")
        for unit in Units.services {
            let user = try #require(try Units.values("User", of: unit).first)
            #expect(outcome.text.contains("Creating user '\(user)'"))
        }
    }

    @Test(arguments: Units.services) func `every command that a unit runs is one of the program's`(unit: String) throws
    {
        let lines = try ["ExecStartPre", "ExecStart"].flatMap { try Units.values($0, of: unit) }
        let commands = lines.flatMap { line in
            line.matches(of: /\/opt\/sibyl\/bin\/sibyl ((?:[a-z-]+ ?)+)/).map { $0.output.1.split(separator: " ") }
        }
        #expect(commands.count == lines.count)
        for words in commands { #expect(try ProgramHelp.fault(of: words.map(String.init)) == nil) }
    }

    @Test(arguments: Units.services.prefix(2)) func `a unit stops and starts as the program means it`(unit: String)
        throws
    {
        let patience = try Units.number("TimeoutStopSec", of: unit)
        #expect(.seconds(patience) > Limits.stopDeadline)
        #expect(try Units.values("KillSignal", of: unit) == ["SIGTERM"])
        #expect(try Units.values("Restart", of: unit) == ["always"])
        #expect(try Units.values("RestartPreventExitStatus", of: unit) == ["\(UsageError.exitCode)"])
    }

    @Test func `the API may have more descriptors than connections`() throws {
        let limit = try Units.number("LimitNOFILE", of: "sibyl-api.service")
        #expect(limit > 2 * Limits.connections)
    }

    @Test func `all services are hardened alike`() throws {
        let hardened = try Units.services.map { unit in
            let text = try PackageFiles.text("deploy/systemd/" + unit.replacing("@01", with: "@"))
            let keys = text.matches(of: /(?m)^(?:Protect|Restrict|Private|Lock|NoNew|Memory[D]|SystemCall)\w*=.*$/)
            // A backup talks to nobody.
            return Set(
                keys.map { String($0.output) }.filter { !$0.hasPrefix("RestrictAddress") && $0 != "PrivateNetwork=yes" }
            )
        }
        #expect(Set(hardened).count == 1)
        #expect(
            hardened[0].isSuperset(of: [
                "NoNewPrivileges=yes", "ProtectSystem=strict", "SystemCallFilter=@system-service",
            ]))
    }

    @Test func `a worker's door follows from its name, for every two digits`() throws {
        let setting = try #require(try Units.values("Environment", of: "sibyl-worker@01.service").first)
        for instance in ["01", "99"] {
            let parts = setting.replacing("%i", with: instance).split(separator: "=").map(String.init)
            #expect(parts[0] == Setting.metricsListen.name)
            let door = try ListenAddress(metrics: parts[1])
            // Below 1024 a user may not listen.
            #expect(door.isLoopback && door.port > 1_023)
        }
    }

    /// Lines that are commented out are choices, and must be right too.
    @Test func `every setting of the example is one of the program's, with a value that it takes`() throws {
        let text = try PackageFiles.text("deploy/sibyl.env.example")
        let lines = text.matches(of: /(?m)^#?(SIBYL_\w+)=(.*)$/)
        #expect(lines.count > 4)
        for line in lines {
            let (name, value) = (String(line.output.1), String(line.output.2))
            let values = try SettingValues(options: [:], environment: [name: value], dotEnv: nil)
            #expect(values.unknownNames(except: []).isEmpty, "\(name)")
        }
        let given = text.matches(of: /(?m)^(SIBYL_\w+)=(.*)$/).map { (String($0.output.1), String($0.output.2)) }
        let values = try SettingValues(
            options: [:], environment: Dictionary(uniqueKeysWithValues: given), dotEnv: nil)
        let address = try ListenAddress(values[.listen]!)
        try address.checkOpenness(auth: values[.auth])
        _ = try address.hostNames(values)
        let state = try #require(try Units.values("StateDirectory", of: "sibyl-api.service").first)
        #expect(values[.database]!.hasPrefix("/var/lib/\(state)/"))
    }
}
