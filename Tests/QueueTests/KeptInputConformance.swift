import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// What is kept of a task's input once its rows were scored, and what can be run again from it.
@Suite struct KeptInputConformance {
    typealias Engine = QueueHarness.Engine

    /// Submits three chunks, of which the second fails in its run.
    private func run(_ kept: KeptInput, in queue: QueueHarness) async throws -> StoredTask {
        var request = queue.request()
        request.draft.kept = kept
        let planned = request
        let chunks: [IncomingChunk] = [[1, 2], [13], [4]].map {
            kept == .records ? QueueHarness.chunkWithRecords($0) : QueueHarness.chunk($0)
        }
        try await queue.submissions.submit(planned, chunks: chunks)
        let worker = try queue.makeWorker()
        while let claim = try worker.claim() { _ = try worker.complete(claim, poison: 13) }
        #expect(try queue.invariantFaults() == [])
        return try queue.task(request.draft.id)
    }

    private func inputs(of task: StoredTask, in queue: QueueHarness) throws -> [ChunkInput] {
        var inputs: [ChunkInput] = []
        var position = 0
        while let next = try queue.tasks.input(of: task, from: position) {
            inputs.append(next)
            position = next.position + 1
        }
        return inputs
    }

    @Test(arguments: Engine.allCases)
    func `columns are kept only where they were asked for`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let bare = try await run(.none, in: queue)
        #expect(try inputs(of: bare, in: queue).isEmpty)
        let full = try await run(.columns, in: queue)
        let kept = try inputs(of: full, in: queue)
        #expect(kept.map(\.position) == [0, 1, 2])
        #expect(kept.map(\.rows) == [QueueHarness.rows([1, 2]), QueueHarness.rows([13]), QueueHarness.rows([4])])
        #expect(kept.allSatisfy { $0.records == nil })
    }

    @Test(arguments: Engine.allCases)
    func `records are kept of every chunk, columns only of those whose rows failed in a run`(engine: Engine)
        async throws
    {
        let queue = try QueueHarness(engine)
        let task = try await run(.records, in: queue)
        let kept = try inputs(of: task, in: queue)
        #expect(kept.map(\.position) == [0, 1, 2])
        #expect(kept.map { $0.rows != nil } == [false, true, false])
        #expect(
            kept.map { $0.records.map { String(decoding: $0.bytes, as: UTF8.self) } } == [
                "1.0\n2.0\n", "13.0\n", "4.0\n",
            ])
        #expect(kept[0].records?.range(at: 1) == 4..<8)
        let page = try queue.tasks.results(of: task, from: .start, limit: 10, withRecords: true)
        #expect(page.parts.map { $0.records?.count } == [2, 1, 1])
        #expect(try queue.tasks.results(of: task, from: .start, limit: 10).parts.allSatisfy { $0.records == nil })
    }

    @Test(arguments: Engine.allCases)
    func `rows that did not fit the model are no reason to keep their columns`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        var request = queue.request()
        request.draft.kept = .records
        let planned = request
        let fault = RowFault(row: 0, code: .wrongType, message: "Give a number.")
        let rows = Rows(count: 2, columns: [.float([1])], faults: [fault])
        let records = Records(bytes: Array("x\n1\n".utf8), lengths: [2, 2])
        try await queue.submissions.submit(planned, chunks: [IncomingChunk(rows: rows, bytes: 4, records: records)])
        try queue.makeWorker().drain()
        let kept = try inputs(of: queue.task(request.draft.id), in: queue)
        #expect(kept.map { $0.rows == nil } == [true])
        #expect(kept.map(\.records) == [records])
    }

    @Test(arguments: Engine.allCases, [KeptInput.none, .columns])
    func `a single row is kept in its task only where that was asked for`(engine: Engine, kept: KeptInput) async throws
    {
        let queue = try QueueHarness(engine)
        var request = queue.request()
        request.draft.kept = kept
        let planned = request
        try await queue.submissions.submit(planned, chunks: [QueueHarness.chunk([7])])
        try queue.makeWorker().drain()
        let task = try queue.task(request.draft.id)
        #expect(try inputs(of: task, in: queue).map(\.rows) == (kept == .columns ? [QueueHarness.rows([7])] : []))
        try await queue.submissions.purge(task)
        try queue.keepHouse(queue.makeUpkeep())
        #expect(try inputs(of: task, in: queue).isEmpty)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a task's newest retry is found, and reruns are not taken for one`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let first = try await run(.columns, in: queue)
        #expect(try queue.tasks.retries(of: first, limit: 9).isEmpty)
        var ids: [TaskID] = []
        for relation in [PredictionTask.Relation.retry, .retry, .rerun] {
            var request = queue.request()
            request.draft.parent = .init(first, relation)
            let planned = request
            try await queue.submissions.submit(planned, chunks: [QueueHarness.chunk([1])])
            ids.append(request.draft.id)
        }
        #expect(try queue.tasks.retries(of: first, limit: 9).map(\.task.id) == [ids[1], ids[0]])
        #expect(try queue.tasks.retries(of: queue.task(ids[1]), limit: 9).isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func `lists show a source and a word of the metadata`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        var ids: [TaskID] = []
        let kinds: [(PredictionTask.Source, [String: String])] = [
            (.async, [:]), (.async, ["campaign": "spring", "it's \"\u{1}\"": "ü"]), (.sync, ["campaign": "spring"]),
        ]
        for (source, metadata) in kinds {
            queue.clock.advance(by: .milliseconds(2))
            var request = queue.request()
            request.draft.source = source
            request.draft.metadata = metadata
            let planned = request
            try await queue.submissions.submit(planned, chunks: [QueueHarness.chunk([1])])
            ids.append(request.draft.id)
        }
        func list(_ filter: TaskFilter) throws -> [TaskID] {
            try queue.tasks.list(owner: "local", filter, limit: 9).tasks.map(\.task.id)
        }
        #expect(try list(TaskFilter()) == [ids[1], ids[0]])
        #expect(try list(TaskFilter(source: .sync)) == [ids[2]])
        #expect(try list(TaskFilter(metadata: ("campaign", "spring"))) == [ids[1]])
        #expect(try list(TaskFilter(metadata: ("it's \"\u{1}\"", "ü"))) == [ids[1]])
        #expect(try list(TaskFilter(metadata: ("campaign", "spring' OR 1"))) == [])
        #expect(try list(TaskFilter(metadata: ("spring", "campaign"))) == [])
        #expect(try queue.task(ids[1]).task.metadata == kinds[1].1)
        #expect(try queue.task(ids[2]).task.source == .sync)
    }
}
