import Core
import Foundation
import HTTP
import Testing

/// What a task says of an input that was refused, to whoever asks later than the one who sent it.
@Suite(.serialized) struct RefusedInputTests {
    private let service = ServiceUnderTest()

    private struct Case {
        let name: String
        let query: String
        let type: String
        let input: String
        let code: String
        let words: [String]
    }

    private static let cases = [
        Case(
            name: "a missing column", query: "model=iris", type: "text/csv", input: "a,b\n1,2\n",
            code: "missing_column", words: ["a", "b"]),
        Case(
            name: "a quote without an end", query: "model=sentiment", type: "text/csv",
            input: "text\ngood\n\"good\n", code: "malformed_csv", words: ["line 3"]),
        Case(
            name: "bad rows where one refuses all", query: "model=sentiment&on_invalid=reject", type: "text/csv",
            input: "text\ngood\n\" \"\n\" \"\n", code: "invalid_rows", words: ["2 of 3 rows", "line 3", "blank"]),
    ]

    /// The one who sent it was told, once; `status` said that the input could not be read.
    @Test func `the refusal's code and words stay with the task`() throws {
        try service.startAPI()
        for refusal in Self.cases {
            let id = try service.open(refusal.query)
            let told = try service.put(Array(refusal.input.utf8), to: id, type: refusal.type)
            #expect(told.code == refusal.code, "\(refusal.name) \(told.json)")
            let task = try service.ended(id)
            let error = try #require(task["error"] as? [String: Any], "\(task)")
            #expect(task.status == "failed" && error["code"] as? String == refusal.code, "\(task)")
            let message = try #require(error["message"] as? String)
            // Of bad rows the answer had a list; everything else is told again word for word.
            if refusal.code != "invalid_rows" { #expect(message == told.detail) }
            for word in refusal.words { #expect(message.localizedCaseInsensitiveContains(word), "\(message)") }
            let status = try service.command(["status", id])
            #expect(status.code == 1 && refusal.words.allSatisfy { status.output.contains($0) }, "\(status)")
            #expect(try service.send(.delete, "/predict/async/\(id)", [:], .none).status == 204)
        }
    }

    @Test func `what is too long is cut, and what no database keeps is replaced`() throws {
        try service.startAPI()
        let id = try service.open("model=iris")
        let names = (0..<200).map { "column \($0) \u{E9}\0\(String(repeating: "x", count: 20))" }
        let told = try service.put(Array((names.joined(separator: ",") + "\n1\n").utf8), to: id)
        #expect(told.status == 422, "\(told.json)")
        let error = try #require(try service.ended(id)["error"] as? [String: Any])
        let message = try #require(error["message"] as? String)
        #expect(
            error["code"] as? String == told.code && message.utf8.count <= Limits.refusalBytes && message.count > 20)
    }
}
