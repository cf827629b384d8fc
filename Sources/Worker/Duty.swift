internal import Core
internal import Operations
internal import Queue

/// One thing that the keeper does again and again, a bounded step at a time.
struct Duty {
    /// What it is called in logs.
    let name: String
    /// How long it rests after a step that left nothing, and after one that failed.
    let period: Duration
    /// Does one step.
    ///
    /// Returns whether more is left for it now.
    let step: (House) throws -> Bool
}

/// What the duties work with.
struct House {
    let upkeep: Upkeep
    let logger: Logger
    let log: LogCare
}

extension Duty {
    /// All that the keeper does, what is most urgent first.
    ///
    /// - Parameter beat: how often it says that it lives.
    static func all(beat: Duration) -> [Duty] {
        [
            Duty(name: "beat", period: beat) {
                try $0.upkeep.beat(); return false
            },
            Duty(name: "rescue", period: Limits.rescuePoll, step: rescue),
            Duty(name: "promote", period: Limits.rescuePoll) { try $0.upkeep.promote() == Limits.promotedChunks },
            Duty(name: "stop", period: Limits.rescuePoll) { try $0.upkeep.stop() },
            Duty(name: "log", period: Limits.rescuePoll) {
                try $0.log.step($0.upkeep); return false
            },
            Duty(name: "expire", period: .seconds(1)) { try $0.upkeep.expire() },
            Duty(name: "clock", period: .seconds(1), step: watchClock),
            Duty(name: "sweep", period: .seconds(5)) { try $0.upkeep.sweep() },
            Duty(name: "keys", period: .seconds(5)) { try $0.upkeep.forgetKeys() },
            Duty(name: "records", period: .seconds(60)) { try $0.upkeep.forgetRecords() },
        ]
    }

    private static func rescue(_ house: House) throws -> Bool {
        for rescue in try house.upkeep.rescue() {
            house.logger.warning(
                "owner lost, its work goes on",
                ["owner": "\(rescue.owner)", "chunks": "\(rescue.chunks)", "uploads": "\(rescue.brokenUploads)"])
        }
        return false
    }

    private static func watchClock(_ house: House) -> Bool {
        if let jump = house.upkeep.watchClock() {
            house.logger.warning("the clock was set", ["by_ms": "\(jump.wholeMilliseconds)"])
        }
        return false
    }
}
