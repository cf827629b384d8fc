@testable import Inference

/// Targets of model files: a graph is refused, or the kernel made of it answers any text within its memory.
enum KernelFuzz {
    private static let texts = ["", "good book, not a BAD day", "café Σ \u{130} \u{1F600} 日本語", "\u{0}\u{7F}_a"]

    static func run(_ bytes: [UInt8]) throws {
        // What the library is given may be longer; of a file that is none it is the file.
        _ = ModelLocale.suited(bytes)
        let kernel: TextKernel
        do {
            let output = try OnnxGraph(bytes).nodes.last?.outputs.last ?? ""
            kernel = try TextKernel(TextGraph(OnnxGraph(bytes), input: "text", output: output), file: bytes)
        } catch is ProtobufReader.Malformed {
            return
        } catch is TextGraph.Unsuited {
            return
        }
        let scratch = kernel.makeScratch()
        // The file's own bytes are texts too, such as its words.
        for text in texts + [String(decoding: bytes.suffix(2_000), as: UTF8.self)] {
            let first = answer(text, kernel, scratch)
            let again = answer(text, kernel, kernel.makeScratch())
            try Finding.unless(
                first.map(\.bitPattern) == again.map(\.bitPattern), "an answer depends on those before it")
        }
    }

    private static func answer(_ text: String, _ kernel: TextKernel, _ scratch: TextScratch) -> [Float] {
        // A buffer of the text's exact size: the sanitizer sees a read beyond it.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: text.utf8)
        var values = [Float](repeating: 0, count: kernel.width)
        kernel.evaluate(UnsafeRawBufferPointer(bytes), with: scratch, into: &values)
        return values
    }
}
