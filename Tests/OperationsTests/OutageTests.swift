import Testing

@testable import Operations

@Suite struct OutageTests {
    @Test func `an outage is told at its beginning, once a minute, and at its end with how long it was`() {
        var outage = Outage()
        #expect(outage.succeeded(at: .seconds(100)) == nil)
        // Four times a second, as a beat is tried, for two minutes and a half.
        let told = (0..<600).filter { outage.failed(at: .seconds(100) + .milliseconds(250 * $0)) }
        #expect(told == [0, 240, 480])
        #expect(outage.succeeded(at: .seconds(250)) == .seconds(150))
        #expect(outage.succeeded(at: .seconds(251)) == nil)
    }

    @Test func `the next outage is a new one, however soon it comes`() {
        var outage = Outage()
        #expect(outage.failed(at: .zero) == true)
        #expect(outage.succeeded(at: .seconds(1)) == .seconds(1))
        #expect(outage.failed(at: .seconds(2)) == true)
        #expect(outage.succeeded(at: .seconds(4)) == .seconds(2))
    }
}
