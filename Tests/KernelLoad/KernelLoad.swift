internal import Catalog
internal import Core
internal import Glibc
internal import Inference

/// Runs a text model over a file of texts, as fast as it goes, for `scripts/bench_kernel.py`.
///
/// The file holds each text behind its length, four bytes, the lowest first. Printed are the texts and the seconds that
/// they took; the answers of the first pass go into a file of 32-bit floats.
@main struct KernelLoad {
    private struct Misuse: Error {}

    private let predictor: any Predictor
    private let batches: [Rows]
    private let threads: Int
    private let seconds: Double

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 10, let threads = Int(arguments[5]), let batch = Int(arguments[6]),
            let seconds = Double(arguments[9]), threads > 0, batch > 0
        else {
            print("usage: KernelLoad MODELS MODEL LIBRARY fused|onnxruntime THREADS BATCH TEXTS ANSWERS SECONDS")
            throw Misuse()
        }
        let predictor = try load(arguments)
        guard predictor.engine.name == arguments[4] else { throw Misuse() }
        let batches = try read(arguments[7], batch: batch)
        let load = KernelLoad(predictor: predictor, batches: batches, threads: threads, seconds: seconds)
        try load.writeAnswers(to: arguments[8])
        let (texts, took) = load.measure()
        print(#"{"texts": \#(texts), "seconds": \#(took), "peak_kb": \#(try peakKilobytes())}"#)
    }

    /// The most memory that was resident at once; other than `getrusage`, without what the process was before.
    private static func peakKilobytes() throws -> Int {
        guard let file = fopen("/proc/self/status", "r") else { throw Misuse() }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = fread(&bytes, 1, bytes.count, file)
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }

    private static func load(_ arguments: [String]) throws -> any Predictor {
        let catalog = try Catalog(folder: arguments[1])
        if arguments[4] == "onnxruntime" {
            return try OnnxPredictor(
                catalog.resolve(model: arguments[2], version: nil), runtime: OnnxRuntime(path: arguments[3]))
        }
        let loaded = LoadedModels(catalog, libraryPath: arguments[3])
        guard let predictor = loaded.ready.first(where: { $0.identity.model == arguments[2] }) else { throw Misuse() }
        return predictor
    }

    private static func read(_ path: String, batch: Int) throws -> [Rows] {
        guard let file = fopen(path, "r") else { throw Misuse() }
        defer { fclose(file) }
        var batches: [Rows] = []
        var texts = TextColumn()
        func close() {
            if texts.count > 0 { batches.append(Rows(count: texts.count, columns: [.text(texts)])) }
            texts = TextColumn()
        }
        var length: UInt32 = 0
        while fread(&length, 4, 1, file) == 1 {
            var text = [UInt8](repeating: 0, count: Int(UInt32(littleEndian: length)))
            guard text.isEmpty || fread(&text, text.count, 1, file) == 1 else { throw Misuse() }
            texts.append(text)
            if texts.count == batch { close() }
        }
        close()
        return batches
    }

    private func writeAnswers(to path: String) throws {
        guard let file = fopen(path, "w") else { throw Misuse() }
        defer { fclose(file) }
        for rows in batches {
            let values = try predictor.predict(rows).values
            guard fwrite(values, 4, values.count, file) == values.count else { throw Misuse() }
        }
    }

    /// Each thread runs batches of its own, in turn, until the time is over.
    private func measure() -> (texts: Int, seconds: Double) {
        let counts = Monitor([Int](repeating: 0, count: threads))
        let begin = ContinuousClock.now
        let running = (0..<threads).map { thread in
            ServiceThread(name: "load-\(thread)") { [predictor, batches, threads, seconds] _ in
                var (done, next) = (0, thread)
                while (ContinuousClock.now - begin).inSeconds < seconds {
                    let rows = batches[next % batches.count]
                    // try? because a load that fails counts nothing.
                    guard (try? predictor.predict(rows)) != nil else { return }
                    done += rows.count
                    next += threads
                }
                counts.withLock { [done] in $0[thread] = done }
            }
        }
        for thread in running { thread.join() }
        return (counts.withLock { $0.reduce(0, +) }, (ContinuousClock.now - begin).inSeconds)
    }
}
