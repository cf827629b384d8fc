import Core
import Glibc
import Testing

@testable import Operations

/// What a process gets that may die of its question, and how its end is told.
@Suite struct ConfinedProcessTests {
    private let clock = SteadyClock { .monotonic }

    private func run(
        _ script: String, deadline: Duration = .seconds(60), isUnwanted: () -> Bool = { false }
    ) throws -> ConfinedProcess {
        try ConfinedProcess(
            ["-c", script], of: "/bin/bash", deadline: deadline, clock: clock, isUnwanted: isUnwanted)
    }

    @Test func `a process gets no variable and no descriptor of its starter`() throws {
        setenv("SIBYL_TEST_SECRET", "secret", 1)
        // One that is not closed when another program begins, as libraries make them.
        let left = open("/dev/null", O_RDONLY)
        #expect(left > 2 && fcntl(left, F_GETFD) == 0)
        defer { close(left) }
        let process = try run("for d in /proc/$$/fd/*; do [ -e $d ] && echo ${d##*/}; done; cat /proc/$$/environ")
        #expect(process.end == .exited(code: 0))
        let lines = String(decoding: process.output, as: UTF8.self).split(separator: "\n")
        // The shell keeps what it reads its script from beside the three.
        #expect(lines.filter { Int($0) != nil && $0 != "255" } == ["0", "1", "2"], "\(lines)")
        #expect(!String(decoding: process.output, as: UTF8.self).contains("SECRET"))
    }

    @Test func `what a process says is told, and cut where it says too much`() throws {
        let process = try run("echo answer; echo trouble >&2; exit 7")
        #expect(process.end == .exited(code: 7))
        #expect(process.output == Array("answer\n".utf8) && process.errors == Array("trouble\n".utf8))
        let noisy = try run("head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2")
        #expect(noisy.end == .exited(code: 0))
        #expect(noisy.output.count == Limits.trialAnswerBytes && noisy.errors.count == Limits.trialAnswerBytes)
    }

    @Test(arguments: [SIGSEGV, SIGABRT, SIGKILL])
    func `the signal that ends a process is told`(signal: Int32) throws {
        #expect(try run("kill -\(signal) $$").end == .signalled(signal))
    }

    /// Also one that says something all the time, ignores to be asked, and has closed its streams.
    @Test(arguments: ["sleep 100", "while :; do echo x; done", "trap '' TERM INT; exec >&- 2>&-; while :; do :; done"])
    func `a process is ended at its deadline`(script: String) throws {
        let start = clock.now
        #expect(try run(script, deadline: .milliseconds(300)).end == .late)
        #expect((.milliseconds(300)..<(.seconds(20))).contains(clock.now - start))
    }

    @Test func `a process whose answer nobody wants is ended`() throws {
        let process = try run("sleep 100", isUnwanted: { true })
        #expect(process.end == .unwanted)
    }

    @Test func `a program that is not there is an error`() {
        #expect(throws: ChildProcessError.self) {
            try ConfinedProcess([], of: "/no/such/program", deadline: .seconds(1), clock: clock)
        }
    }
}

extension Duration {
    fileprivate static var monotonic: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
