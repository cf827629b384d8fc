import Foundation
import TestSupport

/// ONNX Runtime with a defect: models whose bytes hold a word of ours do harm when they are loaded, all others are handed
/// to the real library.
struct FaultyRuntime {
    /// What a model does to the process that loads it.
    enum Harm: String, CaseIterable {
        case hang
        case spin
        case eat
        case crash
        /// Tells on standard error how the process is bound.
        case tell
    }

    let library: String
    private let folder: String

    /// - Parameter folder: takes the library.
    init(in folder: String) throws {
        self.folder = folder
        library = folder + "/libfaulty.so"
        let source = ServiceUnderTest.root + "/Tests/CommandTests/FaultyRuntime.c"
        let real = PackageFiles.path(".tools/onnxruntime/libonnxruntime.so")
        try SystemProgram.run(
            "clang", "-shared", "-fPIC", "-O1", "-o", library, source, "-DREAL=\"\(real)\"",
            "-DMENDED=\"\(folder)/mended\"")
    }

    /// From here on no model does any harm.
    func mend() throws { try Data().write(to: URL(fileURLWithPath: folder + "/mended")) }

    /// What a model's file ends in that does harm: a field that every reader passes over.
    static func tail(_ harm: Harm) -> [UInt8] { OnnxFile.field(10_000, "please \(harm.rawValue)") }
}
