internal import Catalog
internal import Core
internal import Digest
internal import Foundation
internal import Glibc
internal import Inference
internal import Operations

/// The process in which a model is tried: it binds itself, loads the model, and says in one line what came of it.
///
/// Started by ``ModelTrial`` alone, so it is no command that the help lists.
enum TrialProcess {
    static let word = "try-model"

    /// What is to be tried.
    enum Subject: Codable, Sendable {
        /// A version of a model in a folder of models.
        case version(folder: String, model: String, version: String, digest: String)
        /// A file that is to become a model.
        case file(path: String)
    }

    /// What the process is asked, as JSON in its one argument.
    struct Question: Codable, Sendable {
        let subject: Subject
        let library: String?
        let usesKernel: Bool
        let megabytes: Int
        let seconds: Int
    }

    /// What it answers, as one line of JSON.
    struct Answer: Codable, Sendable {
        /// Why the model is broken; nil when it is good.
        var code: String?
        var message: String?
        /// Whether the network was out of its reach.
        let isAlone: Bool
    }

    /// Runs the trial, on the process's first thread while there is no other.
    ///
    /// - Returns: the exit code: 0 whenever there is an answer.
    static func run(_ words: [String]) -> Int32 {
        guard let text = words.first, let question = try? JSONDecoder().decode(Question.self, from: Data(text.utf8))
        else { return UsageError.exitCode }  // try? because a person typed it
        do {
            // A library that prints must not answer in our place.
            let door = dup(1)
            dup2(2, 1)
            let isAlone = try Confinement(megabytes: question.megabytes, seconds: question.seconds).enter()
            var answer = Answer(isAlone: isAlone)
            do {
                try load(question)
            } catch {
                (answer.code, answer.message) = reason(error)
            }
            let line = try Array(JSONEncoder().encode(answer)) + [UInt8(ascii: "\n")]
            return write(door, line, line.count) == line.count ? 0 : 1
        } catch {
            Console.writeError((error as? any CodedError)?.message ?? "\(error)")
            return 1
        }
    }

    private static func load(_ question: Question) throws {
        switch question.subject {
        case .file(let path):
            _ = try TextModelOutline(FileBytes.read(path, upTo: ModelImport.mostBytes), libraryPath: question.library)
        case .version(let folder, let model, let version, let digest):
            let found = try Catalog(folder: folder).find(model: model, version: version)
            guard found.version.digest == digest else {
                throw InferenceError.modelMismatch(
                    model: "\(model) \(version)", reason: "its manifest was just changed")
            }
            _ = try ModelLoader(libraryPath: question.library, usesKernel: question.usesKernel).load(found)
        }
    }

    private static func reason(_ error: any Error) -> (code: String, message: String) {
        let coded = error as? any CodedError
        var (code, message) = (coded?.code ?? .internalError, coded?.message ?? "The model could not be loaded.")
        if case InferenceError.refused(_, let said) = error, TrialWords.tellOfMemory(said) { code = .modelTooLarge }
        message = String(message.prefix(Limits.trialReasonCharacters))
        return (code.rawValue, message)
    }
}

/// What libraries say when they get no memory.
enum TrialWords {
    private static let signs = ["bad_alloc", "bad allocation", "allocate memory", "out of memory"]

    static func tellOfMemory(_ text: String) -> Bool {
        let text = text.lowercased()
        return signs.contains { text.contains($0) }
    }
}
