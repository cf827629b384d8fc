internal import Core

/// How long a watcher rests between two looks: little while things change, longer and longer while nothing does.
struct ChangePace {
    /// The pause before the next look.
    private(set) var pause = Limits.changePoll

    /// Begins anew, because somebody began to follow.
    mutating func restart() { pause = Limits.changePoll }

    /// Notes a look.
    ///
    /// - Parameter duration: how long it took: many followers make it long, and looking takes a fifth of a core at most.
    mutating func note(hasChanged: Bool, taking duration: Duration) {
        let least = max(Limits.changePoll, duration * 4)
        pause = hasChanged ? least : max(min(pause * 2, Limits.restingPoll), least)
    }
}
