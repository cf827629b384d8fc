import Foundation
import TestSupport

/// `deploy/Dockerfile`, as far as ours uses the format.
struct Dockerfile {
    struct Instruction {
        let name: String
        let rest: String

        var words: [String] { rest.split(separator: " ").map(String.init) }
    }

    /// A part of the file from one `FROM` to the next.
    struct Stage {
        var instructions: [Instruction]

        func all(_ name: String) -> [Instruction] { instructions.filter { $0.name == name } }

        /// What the last instruction of a name says.
        subscript(name: String) -> String? { all(name).last?.rest }
    }

    let stages: [Stage]
    var builder: Stage { stages[0] }
    var image: Stage { stages[stages.count - 1] }

    init() throws {
        let text = try PackageFiles.text("deploy/Dockerfile").replacing("\\\n", with: " ")
        var stages: [Stage] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts[0] == "FROM" { stages.append(Stage(instructions: [])) }
            stages[stages.count - 1].instructions.append(Instruction(name: parts[0], rest: parts[1]))
        }
        self.stages = stages
    }

    /// What the image sets for its processes.
    var environment: [String: String] {
        let pairs = image.all("ENV").map { $0.rest.split(separator: "=", maxSplits: 1).map(String.init) }
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0[1]) })
    }

    /// The packages that the image installs.
    var packages: Set<String> {
        let installs = image.all("RUN").compactMap { $0.rest.firstMatch(of: /apt-get install ([^&]*)/)?.output.1 }
        return Set(installs.flatMap { $0.split(separator: " ") }.map(String.init).filter { !$0.hasPrefix("-") })
    }
}

/// The words of a JSON array of texts.
func words(ofArray text: String) throws -> [String] {
    try JSONDecoder().decode([String].self, from: Data(text.utf8))
}
