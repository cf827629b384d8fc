import Operations
import Synchronization
import Testing

@Suite struct LoggerTests {
    /// Keeps the lines instead of writing them.
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func take(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private let lines = Lines()

    private func makeLogger(_ level: LogLevel = .debug, context: [String: String] = [:]) -> Logger {
        Logger(level: level, context: context, now: { "NOW" }, sink: { [lines] in lines.take($0) })
    }

    @Test func `a line has time, level, event, and then its keys in their order`() {
        makeLogger(context: ["process": "api", "pid": "7"]).info("chunk done", ["task": "abc", "rows": "12"])
        #expect(lines.all == ["time=NOW level=info event=\"chunk done\" pid=7 process=api rows=12 task=abc\n"])
    }

    @Test func `what is said of an event wins over what stands in every line`() {
        makeLogger(context: ["process": "api"]).info("up", ["process": "worker"])
        #expect(lines.all == ["time=NOW level=info event=up process=worker\n"])
    }

    @Test func `lines below the level are not written`() {
        let logger = makeLogger(.warning)
        logger.debug("a")
        logger.info("b")
        logger.notice("c")
        logger.warning("d")
        logger.error("e")
        #expect(lines.all.map { $0.prefix(22) } == ["time=NOW level=warning", "time=NOW level=error e"])
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
    }

    @Test(arguments: [
        ("plain-1.5/x", "plain-1.5/x"), ("", "\"\""), ("two words", "\"two words\""), ("a=b", "\"a=b\""),
        ("say \"x\"", #""say \"x\"""#), (#"back\ slash"#, #""back\\ slash""#), ("grün", "\"grün\""),
        ("one\nevent=forged", #""one\nevent=forged""#), ("a\r\nb", #""a \nb""#), ("a\u{1B}[31mb", "\"a [31mb\""),
        ("a\0b\u{7F}c", "\"a b c\""), ("a\u{9B}31mb\u{85}c", "\"a 31mb c\""), ("a\u{2028}b\u{2029}c", "\"a b c\""),
    ])
    func `a value can neither end its line nor begin another key`(value: String, written: String) {
        makeLogger().info("event", ["key": value])
        #expect(lines.all == ["time=NOW level=info event=event key=\(written)\n"])
    }
}
