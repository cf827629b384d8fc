internal import Core
internal import Foundation
internal import Operations
internal import Store
internal import Synchronization

/// `sibyl up`: an API and some workers on this machine, each a process of its own; a dead one is started again.
struct UpCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "up", "Runs an API and workers on this machine until Ctrl-C.",
            options: [
                .init("--workers", value: "N", "How many workers, 0 to 256; without it, one for each core."),
                .init("--ready-file", value: "FILE", "Writes the service's URL there once it listens."),
            ], settings: Setting.serving)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let environment = try ServiceEnvironment(arguments, process: "up")
        let workers = try arguments.integer("--workers", in: 0...256) ?? ProcessInfo.processInfo.activeProcessorCount
        // What the children would refuse is refused here, once and in one line.
        let address = try ListenAddress(environment.settings[.listen]!)
        try address.checkOpenness(auth: environment.settings[.auth])
        let door = try environment.settings[.metricsListen].map { try ListenAddress(metrics: $0) }
        for address in [address, door] { _ = try address?.hostNames(environment.settings) }
        try environment.migrateDatabase()
        let stop = environment.stopSignal()
        let gateGuard = GateGuard(
            place: environment.settings[.database]!, clock: environment.steady, logger: environment.logger)
        let doors = try (0..<workers).map { try door?.shifted(by: $0 + 1).text }
        let supervisor = Supervisor(environment: environment, arguments: arguments, stop: stop, gateGuard: gateGuard)
        let readyFile = arguments.value("--ready-file").map { ["--ready-file", $0] } ?? []
        // Stopping goes from last to first: nothing new comes in, then the workers end what they hold.
        let services: [any Service] =
            [gateGuard]
            + zip(1..., doors).map { number, door in
                supervisor.service(
                    "worker \(number)", ["worker"], door.map { [Setting.metricsListen.option, $0] } ?? [])
            }
            + [supervisor.service("api", ["api"] + readyFile)]
        try await ServiceGroup(services, logger: environment.logger, deadline: Limits.stopDeadline * 2).run(until: stop)
        environment.logger.notice("stopped")
        return supervisor.exitCode
    }
}

/// Starts processes of this program, and starts them again when they end unasked.
final class Supervisor: Sendable {
    private let environment: ServiceEnvironment
    private let settings: [String]
    private let stop: StopSignal
    private let gateGuard: GateGuard
    private let failure = Mutex<Int32>(0)

    init(environment: ServiceEnvironment, arguments: Arguments, stop: StopSignal, gateGuard: GateGuard) {
        self.environment = environment
        self.stop = stop
        self.gateGuard = gateGuard
        settings = Setting.serving.filter { $0.name != Setting.metricsListen.name }.flatMap { setting in
            arguments.settings[setting.name].map { [setting.option, $0] } ?? []
        }
    }

    /// What a child ended with that can never run as it was told to; 0 when all was well.
    var exitCode: Int32 { failure.withLock { $0 } }

    /// - Parameter own: options of this process alone, which stand in for those that all get.
    func service(_ name: String, _ words: [String], _ own: [String] = []) -> any Service {
        TaskService(name) { [self] stop in try await supervise(name, words + settings + own, until: stop) }
    }

    private func supervise(_ name: String, _ words: [String], until ending: StopSignal) async throws {
        var policy = RestartPolicy()
        while !ending.isRaised {
            let start = environment.steady.now
            let child = try ChildProcess(words, environment: environment.environment)
            environment.logger.info("process started", ["name": name, "child": "\(child.processID)"])
            ending.whenRaised { child.terminate() }
            gateGuard.add(child)
            let code = await child.exitCode()
            gateGuard.remove(child)
            if ending.isRaised { return }
            let action = policy.ended(exitCode: code, after: environment.steady.now - start)
            environment.logger.warning("process ended", ["name": name, "exit": "\(code)", "next": "\(action)"])
            switch action {
            case .giveUp:
                failure.withLock { $0 = code }
                return stop.raise()
            case .restart(let pause):
                await ServicePause.wait(pause, unless: ending)
            }
        }
    }
}

/// Waits without a thread of Swift's being blocked.
enum ServicePause {
    static func wait(_ pause: Duration, unless stop: StopSignal) async {
        await withCheckedContinuation { continuation in
            _ = ServiceThread(name: "pause") { _ in
                stop.wait(for: pause)
                continuation.resume()
            }
        }
    }
}
