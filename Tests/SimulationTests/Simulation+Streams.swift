import Core
import TestSupport

@testable import Queue
@testable import Store

/// Uploads: opened, appended to, broken, taken over, sealed.
extension Simulation {
    func openStream() async throws {
        guard let process = pick(receivers.filter(\.isWorking)) else { return }
        let task = SimulatedTask(bench.request().draft.id, [])
        let text = chance(50) ? "key \(task.id)" : nil
        var request = text.map { bench.request(key: $0, body: nil) } ?? bench.request()
        request.draft.id = task.id
        decorate(&request, task)
        prepare(task, &request)
        let key = text.map { SimulatedKey($0, body: 1, task: task, at: now) }
        var receiving: Submissions.Receiving?
        await accept(task, under: key) {
            receiving = try await self.bench.submissions.open(request, receiver: process.owner!)
        }
        if let receiving {
            streams.append(SimulatedStream(task, receiving, process, key: key))
        } else {
            // If it is there nobody knows of it: it ends with its process.
            task.mayBreak = true
        }
    }

    func openLater() async throws {
        let task = SimulatedTask(bench.request().draft.id, [])
        var request = bench.request()
        request.draft.id = task.id
        request.input = Scene.input
        prepare(task, &request)
        task.isResumable = true
        task.touchedAt = now
        await accept(task, under: nil) { try await self.bench.submissions.open(later: request) }
    }

    private func prepare(_ task: SimulatedTask, _ request: inout Submissions.Request) {
        task.isSealed = false
        task.isHeld = chance(20)
        if task.isHeld { task.mayRun = false }
        request.isHeld = task.isHeld
    }

    func actAsStream() async throws {
        if chance(20) { return try await takeOver() }
        guard let stream = pick(streams.filter { !$0.process.isHanging }) else { return }
        if stream.isEnding { return await letGo(stream) }
        switch int(in: 0..<100) {
        case 0..<55: try await append(to: stream)
        case 55..<92: try await seal(stream)
        default: await letGo(stream)
        }
    }

    private func append(to stream: SimulatedStream) async throws {
        let (task, numbers) = (stream.task, bench.numbers(int(in: 1...4)))
        let before = task.numbers.count
        let outcome = await attempt("append \(numbers.count) to \(task.id)") {
            try await self.bench.submissions.append(
                [Bench.chunk(numbers, withRecords: true)], to: stream.receiving, input: Scene.input)
        }
        switch outcome {
        case .done:
            expect(stream.standing != .stale, "rows were taken from a sender that was replaced")
            task.numbers += numbers
            task.touchedAt = now
        case .failed(let inDoubt):
            stream.isEnding = true
            guard try bench.task(task.id)?.task.rows.total != before else { return }
            expect(inDoubt, "rows were refused and are there")
            task.numbers += numbers
            task.touchedAt = min(now, task.touchedAt ?? now)
        case .refused(let error): refused(stream, error)
        }
    }

    private func seal(_ stream: SimulatedStream) async throws {
        let task = stream.task
        let outcome = await attempt("seal \(task.id)") {
            try await self.bench.submissions.seal(
                stream.receiving, fingerprint: stream.key.map { [UInt8](repeating: $0.body, count: 32) })
        }
        switch outcome {
        case .done:
            expect(stream.standing != .stale, "a sender that was replaced could seal")
            sealed(stream)
        case .failed(let inDoubt):
            stream.isEnding = true
            guard try bench.task(task.id)?.task.input == .complete else { return }
            expect(inDoubt, "a seal was refused and is there")
            sealed(stream)
        case .refused(let error): refused(stream, error)
        }
    }

    private func sealed(_ stream: SimulatedStream) {
        stream.task.isSealed = true
        if stream.task.isHeld, stream.task.notBefore == nil { stream.task.mayRun = true }
        streams.removeAll { $0 === stream }
    }

    /// A sender is refused only when another took over, or its task was stopped.
    private func refused(_ stream: SimulatedStream, _ error: any Error) {
        let task = stream.task
        expect(error as? QueueError == .notReceiving, "a sender was refused: \(error)")
        expect(
            stream.standing != .current || stream.process.isDeclaredDead || task.mayBeCancelled || task.mayExpire
                || task.mayBreak, "a sender was refused without reason")
        streams.removeAll { $0 === stream }
    }

    /// Declares an upload broken, or pauses one that may go on.
    private func letGo(_ stream: SimulatedStream) async {
        stream.isEnding = true
        if !stream.task.isResumable, stream.standing != .stale { stream.task.mayBreak = true }
        let outcome = await attempt("let go of \(stream.task.id)") {
            if stream.task.isResumable {
                try await self.bench.submissions.pause(stream.receiving)
            } else {
                try await self.bench.submissions.abandon(stream.receiving, because: .uploadIncomplete)
            }
        }
        if stream.task.isResumable { stream.task.touchedAt = min(now, stream.task.touchedAt ?? now) }
        if case .refused(let error) = outcome { fault("an upload could not be let go of: \(error)") }
        if case .done = outcome { streams.removeAll { $0 === stream } }
    }

    /// Goes on with an upload from another process, sometimes at the wrong place, sometimes where it may not.
    private func takeOver() async throws {
        guard let task = pick(tasks.filter { !$0.isSealed }), let process = pick(receivers.filter(\.isWorking)),
            let stored = try bench.task(task.id)
        else { return }
        let isRight = chance(80)
        var request = bench.request()
        request.draft.id = task.id
        request.isHeld = task.isHeld
        let outcome = await attempt("take over \(task.id)") {
            try await self.bench.submissions.resume(
                stored, as: request, at: task.numbers.count * 5 + (isRight ? 0 : 1), receiver: process.owner!)
        }
        switch outcome {
        case .done(let resumed):
            expect(task.isResumable, "an upload was taken over that may not go on")
            expect(isRight && resumed.rows == task.numbers.count, "an upload went on at the wrong place")
            replaceSender(of: task, .stale)
            task.touchedAt = now
            streams.append(SimulatedStream(task, resumed.receiving, process))
        case .failed(let inDoubt):
            if inDoubt { replaceSender(of: task, .unknown) }
            task.touchedAt = min(now, task.touchedAt ?? now)
        case .refused(let error):
            if case QueueError.wrongOffset = error { return expect(!isRight, "the right place was refused") }
            expect(
                !task.isResumable || task.mayBeCancelled || task.mayExpire || task.mayBreak,
                "a take-over was refused: \(error)")
        }
    }

    private func replaceSender(of task: SimulatedTask, _ standing: SimulatedStream.Standing) {
        for stream in streams where stream.task === task && stream.standing != .stale { stream.standing = standing }
    }

    // MARK: Processes

    /// Ends a process that receives uploads: it dies, hangs, comes back, or leaves.
    func endReceiver() async throws {
        guard let process = pick(receivers) else { return }
        if process.isHanging { return comeBack(process) }
        switch int(in: 0..<3) {
        case 0:
            note("receiver \(process.key) hangs")
            process.isHanging = true
        case 1: try dropReceiver(process)
        default:
            await leave(process)
            try dropReceiver(process)
        }
    }

    private func comeBack(_ process: SimulatedProcess) {
        note("receiver \(process.key) comes back")
        process.isHanging = false
        guard process.isDeclaredDead else { return }
        receivers.removeAll { $0 === process }
        if let next = try? makeProcess(.api) { receivers.append(next) }
    }

    func dropReceiver(_ process: SimulatedProcess) throws {
        note("receiver \(process.key) is gone")
        for stream in streams where stream.process === process && !stream.task.isResumable {
            stream.task.mayBreak = true
        }
        streams.removeAll { $0.process === process }
        process.owner = nil
        receivers.removeAll { $0 === process }
        if !process.hasLeft { gone.append(process) }
        receivers.append(try makeProcess(.api))
    }
}
