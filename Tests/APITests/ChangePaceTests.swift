import Core
import Testing

@testable import API

@Suite struct ChangePaceTests {
    @Test func `changes are looked for soon, and ever more rarely while there are none`() {
        var pace = ChangePace()
        #expect(pace.pause == Limits.changePoll)
        var pauses: [Duration] = []
        for _ in 0..<8 {
            pace.note(hasChanged: false, taking: .microseconds(50))
            pauses.append(pace.pause)
        }
        #expect(pauses == pauses.sorted() && pauses.first == Limits.changePoll * 2 && pauses.last == Limits.restingPoll)
        pace.note(hasChanged: true, taking: .microseconds(50))
        #expect(pace.pause == Limits.changePoll)
    }

    @Test func `whoever begins to follow is looked after soon`() {
        var pace = ChangePace()
        for _ in 0..<8 { pace.note(hasChanged: false, taking: .zero) }
        pace.restart()
        #expect(pace.pause == Limits.changePoll)
    }

    @Test func `looks that take long take a fifth of the time at most`() {
        var pace = ChangePace()
        pace.note(hasChanged: true, taking: .milliseconds(20))
        #expect(pace.pause == .milliseconds(80))
        pace.note(hasChanged: false, taking: .milliseconds(200))
        #expect(pace.pause == .milliseconds(800))
        pace.note(hasChanged: true, taking: .zero)
        #expect(pace.pause == Limits.changePoll)
    }
}
