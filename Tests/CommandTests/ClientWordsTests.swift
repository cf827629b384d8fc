import Foundation
import TestSupport
import Testing

/// What `sibyl` says to a person: in the words of the command line, once, and before anything is sent where it can be known.
@Suite(.serialized) struct ClientWordsTests {
    private func start() throws -> ServiceUnderTest {
        let service = ServiceUnderTest()
        try service.startAPI()
        return service
    }

    private func write(_ text: String, to name: String, _ service: ServiceUnderTest) throws {
        try text.write(toFile: service.folder.path + "/" + name, atomically: true, encoding: .utf8)
    }

    /// The remedies were the API's own, `map.recency=weeks` and `decimal`, which the command line does not have.
    @Test func `a remedy names the option of the command line`() throws {
        let service = try start()
        try write("recency in weeks;frequency;spend;age\r\n1;2;3;4\r\n", to: "map.csv", service)
        let map = try service.command(["submit", "map.csv", "--model", "purchase"])
        #expect(map.code == 1 && map.errors.contains("--map 'recency=recency in weeks'"), "\(map.errors)")
        try write("recency;frequency;spend;age\r\n1;2;1,234;4\r\n", to: "numbers.csv", service)
        let numbers = try service.command(["submit", "numbers.csv", "--model", "purchase"])
        #expect(numbers.code == 1 && numbers.errors.contains("`--decimal`"), "\(numbers.errors)")
        #expect(!numbers.errors.contains("`decimal`") && !numbers.errors.contains("`thousands`"), "\(numbers.errors)")
        let version = try service.command(["submit", "map.csv", "--model", "purchase", "--not-before", "soon"])
        #expect(version.code == 1 && version.errors.contains("`--not-before` must be"), "\(version.errors)")
        let stated = ["--decimal", ".", "--thousands", ","]
        #expect(try service.command(["submit", "numbers.csv", "--model", "purchase"] + stated).code == 0)
    }

    @Test func `names of a file's columns are no options`() throws {
        let service = try start()
        try write("encoding;decimal\r\n1;2\r\n", to: "names.csv", service)
        let answer = try service.command(["submit", "names.csv", "--model", "purchase"])
        #expect(answer.errors.contains("2 columns: `encoding`, `decimal`"), "\(answer.errors)")
    }

    @Test func `one row's fault is told once`() throws {
        let service = try start()
        let answer = try service.command(["predict", #"{"sepal_length":"x"}"#, "--model", "iris"])
        #expect(answer.code == 1)
        let lines = answer.errors.split(separator: "\n")
        #expect(Set(lines).count == lines.count && !answer.errors.contains("row 0: "), "\(answer.errors)")
        let blank = try service.command(["predict", " ", "--model", "sentiment"])
        #expect(blank.errors.split(separator: "\n").count == 1, "\(blank.errors)")
    }

    @Test func `every option of a submission that the API has can be said`() throws {
        let service = try start()
        try write("text,loyal\r\ngood,ja\r\n", to: "in.csv", service)
        let words = [
            "submit", "in.csv", "--model", "sentiment", "--booleans", "ja,nein", "--keep-input", "false",
            "--not-before", "2030-01-01T00:00:00Z", "--thousands", "none",
        ]
        #expect(try service.command(words).code == 0)
        let status = try service.command(["status", "@last", "--json"])
        #expect(status.output.contains("\"status\":\"pending\""))
        for wrong in [["--keep-input", "maybe"], ["--thousands", "x"]] {
            #expect(try service.command(["submit", "in.csv", "--model", "sentiment"] + wrong).code == 64)
        }
    }

    @Test func `what is asked of the results is judged before a row is sent`() throws {
        let service = try start()
        try write("text\r\ngood\r\n", to: "in.csv", service)
        let submit = ["submit", "in.csv", "--model", "sentiment", "--out", "out.csv"]
        let fields = try service.command(submit + ["--fields", "nonsense"])
        #expect(fields.code == 1 && fields.errors.contains("`--fields` must be"), "\(fields)")
        #expect(fields.output.isEmpty)
        let mark = try service.command(submit + ["--bom", "--encoding", "windows-1252"])
        #expect(mark.code == 64 && mark.errors.contains("--bom"), "\(mark)")
        // A column of a label is one of a table, which lines of JSON do not have.
        try write("text,score\r\ngood,1\r\n", to: "scored.csv", service)
        let check = ["submit", "scored.csv", "--model", "sentiment", "--check"]
        for wrong in [["--fields", "nonsense"], ["--fields", "score"], ["--threshold", "2"]] {
            let refused = try service.command(check + wrong)
            #expect(refused.code != 0 && !refused.errors.isEmpty && refused.output.isEmpty, "\(wrong) \(refused)")
        }
        let shown = try service.command(check + ["--fields", "score,positive", "--prefix", "x_"])
        #expect(shown.code == 0 && shown.output.contains("1 valid"), "\(shown)")
        // Nothing was opened for any of it, not even to be cancelled.
        let tasks = try service.get("/predict/async").json["tasks"] as? [[String: Any]]
        #expect(tasks?.isEmpty == true, "\(tasks ?? [])")
    }

    @Test func `an upload goes on with the options it began with, said again or not`() throws {
        let service = try start()
        let file = try service.customers(20)
        let words = ["--model", "purchase", "--name", "spring"]
        #expect(try service.command(["submit", file] + words).code == 0)
        for same in [[], words, ["--name", "spring"]] {
            #expect(try service.command(["submit", file, "--resume", "@last"] + same).code == 0, "\(same)")
        }
        let other = try service.command(["submit", file, "--resume", "@last", "--name", "autumn"])
        #expect(other.code == 64 && other.errors.contains("--name"), "\(other)")
    }

    @Test func `warnings and failed rows are told to whoever submits`() throws {
        let service = try start()
        try service.startWorker()
        try write("id,text\r\na,good\r\na,\" \"\r\n", to: "in.csv", service)
        let words = ["submit", "in.csv", "--model", "sentiment", "--id-column", "id"]
        let accepted = try service.command(words)
        #expect(accepted.code == 0 && accepted.errors.contains("sibyl: warning: "), "\(accepted)")
        let waited = try service.command(words + ["--wait"])
        #expect(waited.code == 2 && waited.errors.contains("2 rows, 1 failed; `sibyl results "), "\(waited)")
    }

    @Test func `a model that nobody has is not silently without stranded rows`() throws {
        let service = try start()
        for words in [["stranded"], ["stranded", "--fail"]] {
            let answer = try service.command(words + ["--model", "nix"])
            #expect(answer.code == 1 && answer.errors.contains("There is no such model"), "\(answer)")
            #expect(try service.command(words + ["--model", "sentiment"]).code == 0)
        }
    }
}
