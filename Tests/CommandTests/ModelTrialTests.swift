import Core
import Digest
import Foundation
import Glibc
import Store
import TestSupport
import Testing

/// Models that hang, eat memory or crash when they are loaded: each in a process of its own, and nothing else suffers.
@Suite(.serialized) struct ModelTrialTests {
    private let service = ServiceUnderTest()
    private let runtime: FaultyRuntime
    private var models: String { service.folder.path + "/models" }

    init() throws {
        runtime = try FaultyRuntime(in: service.folder.path)
        try write("good")
    }

    private func write(_ name: String, _ harm: FaultyRuntime.Harm? = nil) throws {
        var model = TableModel(name, inputs: 1)
        if let harm { model.tail = FaultyRuntime.tail(harm) }
        try model.write(into: models) { SHA256.hex(of: $0) }
    }

    private func options(seconds: Int = 3, megabytes: Int = 256) -> [String] {
        [
            "--models", models, "--onnxruntime", runtime.library, "--trial-seconds", "\(seconds)", "--trial-mb",
            "\(megabytes)",
        ]
    }

    private func predict(_ model: String) throws -> Int {
        try service.post("/predict", #"{"model":"\#(model)","data":[3]}"#).status
    }

    private func problem(_ model: String) throws -> String? {
        let versions = try service.get("/models/\(model)").json["versions"] as? [[String: Any]]
        return versions?.first?["problem"] as? String
    }

    private func restartWorker() throws {
        service.signal("worker", SIGTERM)
        #expect(service.end("worker") == 0)
        try service.startWorker("worker", options())
    }

    private var trials: Int { service.logText("worker").components(separatedBy: "event=\"model tried\"").count - 1 }

    @Test(arguments: [
        (FaultyRuntime.Harm.hang, "model_hangs", "did not load and pass its test within 3 s"),
        (.spin, "model_hangs", "give it more with SIBYL_TRIAL_SECONDS"),
        (.eat, "model_too_large", "wants more than 256 MiB"),
        (.crash, "model_crashes", "signal 11"),
    ])
    func `a model that does harm is told as broken, and another is served all the while`(
        harm: FaultyRuntime.Harm, code: String, words: String
    ) throws {
        // Its name stands before the other's.
        try write("bad", harm)
        try service.startAPI(["--models", models])
        try service.startWorker("worker", options())
        let worker = service.processID("worker")
        try service.wait("the good model") { try predict("good") == 200 }
        var answers = 0
        try service.wait("the verdict") {
            #expect(try predict("good") == 200)
            answers += 1
            return try problem("bad")?.contains("is being tried") == false
        }
        let reason = try #require(try problem("bad"))
        #expect(reason.contains(words), "\(reason)")
        let health = try service.get("/health").json
        #expect(health["status"] as? String == "degraded" && health["workers"] as? Int == 1)
        #expect((health["reasons"] as? [String])?.contains(reason) == true, "\(health)")
        #expect(try predict("good") == 200 && answers > 0)
        try service.wait("the log") { service.logText("worker").contains("worker ready") }
        #expect(service.logText("worker").contains("code=\(code)"))
        #expect(service.isRunning("worker") && service.processID("worker") == worker)
    }

    @Test func `a verdict is remembered, and a broken one is tried again after its time`() throws {
        try write("bad", .crash)
        try service.startAPI(["--models", models])
        try service.startWorker("worker", options())
        func isReady() -> Bool { service.logText("worker").contains("worker ready") }
        try service.wait("the worker") { isReady() }
        #expect(trials == 2)
        let reason = try #require(try problem("bad"))
        try restartWorker()
        try service.wait("the worker") { isReady() }
        #expect(trials == 0)
        #expect(try problem("bad") == reason && predict("good") == 200)

        try runtime.mend()
        // Its time is over.
        let changed = try Database(path: service.database).makeWriter(.durable).transaction {
            try $0.run("UPDATE verdict SET until_ms = until_ms - 601000 WHERE state = 'broken'")
        }
        #expect(changed == 1)
        try restartWorker()
        try service.wait("the worker") { isReady() }
        #expect(trials == 1)
        #expect(try problem("bad") == nil && predict("bad") == 200)
        #expect(try service.get("/health").json["status"] as? String == "healthy")
    }

    /// More memory, or more time, is what the message advises.
    @Test func `a model is tried again at once under other bounds`() throws {
        try write("bad", .crash)
        try service.startAPI(["--models", models])
        try service.startWorker("worker", options())
        try service.wait("the worker") { service.logText("worker").contains("worker ready") }
        try runtime.mend()
        service.signal("worker", SIGTERM)
        #expect(service.end("worker") == 0)
        try service.startWorker("worker", options(megabytes: 512))
        try service.wait("the model") { try predict("bad") == 200 }
    }

    @Test func `of several workers one tries a model, and all serve it`() throws {
        try service.startUp(workers: 3, options())
        try service.wait("the workers") {
            service.logText("up").components(separatedBy: "worker ready").count - 1 == 3
        }
        #expect(service.logText("up").components(separatedBy: "event=\"model tried\"").count - 1 == 1)
        let list = try service.get("/models/good").json
        #expect(list["workers"] as? Int == 3)
    }

    /// In order, and not at all: whoever ends the worker ends its trial.
    @Test(arguments: [SIGTERM, SIGKILL])
    func `a trial ends with its worker`(signal: Int32) throws {
        try write("bad", .hang)
        try service.startAPI(["--models", models])
        try service.startWorker("worker", options(seconds: 600))
        var trial: Int32?
        try service.wait("the trial") {
            trial = try self.trial(of: service.processID("worker"))
            return try trial != nil && predict("good") == 200
        }
        service.signal("worker", signal)
        #expect(service.end("worker", within: 10) == (signal == SIGTERM ? 0 : 128 + SIGKILL))
        try service.wait("the trial to end", for: 5) { kill(trial!, 0) != 0 }
    }

    /// The process of a trial that a process has started.
    private func trial(of starter: Int32) throws -> Int32? {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").lazy.compactMap { Int32($0) }.first { number in
            // try? because processes come and go.
            let line = (try? String(contentsOfFile: "/proc/\(number)/cmdline", encoding: .utf8)) ?? ""
            let state = (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)) ?? ""
            // The name in it has no blank.
            return line.contains("try-model") && state.split(separator: " ").dropFirst(3).first == "\(starter)"
        }
    }

    @Test func `a trial has no variables, no network, no file to write, and its bounds`() throws {
        try write("told", .tell)
        let question = """
            {"subject": {"file": {"path": "\(models)/told/v1/model.onnx"}}, "library": "\(runtime.library)",
             "usesKernel": true, "megabytes": 300, "seconds": 20}
            """
        let told = try service.command(["try-model", question])
        #expect(told.code == 0, "\(told)")
        for line in [
            "core=0", "file size=0", "files=\(Limits.trialFiles)", "processor=20", "data=\(300 << 20)",
            "address space=\((300 + Limits.trialSpareMegabytes) << 20)", "no_new_privs=1", "written=-1",
        ] { #expect(told.errors.contains(line + "\n"), "\(line) in \(told.errors)") }
        let isAlone = told.output.contains(#""isAlone":true"#)
        #expect(isAlone || told.output.contains(#""isAlone":false"#), "\(told.output)")
        #expect(told.errors.contains("network=none\n") == isAlone)
    }

    @Test func `the doctor and an import tell of a model that does harm, and survive it`() throws {
        try write("bad", .eat)
        let doctor = try service.command(
            ["doctor", "--database", service.database] + options())
        #expect(doctor.code == 1, "\(doctor)")
        let lines = doctor.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("ok   model good v1") }, "\(doctor.output)")
        #expect(lines.contains { $0.hasPrefix("BAD  model bad v1") && $0.contains("SIBYL_TRIAL_MB") })
        #expect(lines.contains { $0.hasPrefix("ok   trials") })

        let file = service.folder.path + "/crash.onnx"
        let text = try Data(
            contentsOf: URL(fileURLWithPath: PackageFiles.path("Tests/Fixtures/text/two_labels.onnx")))
        try (text + FaultyRuntime.tail(.crash)).write(to: URL(fileURLWithPath: file))
        let imported = try service.command(["models", "import", file, "--name", "imported"] + options())
        #expect(imported.code != 0 && imported.code < 128 && imported.errors.contains("crashed"), "\(imported)")
        #expect(!FileManager.default.fileExists(atPath: models + "/imported"))
        try runtime.mend()
        let again = try service.command(["models", "import", file, "--name", "imported"] + options())
        #expect(again.code == 0, "\(again)")
    }
}
