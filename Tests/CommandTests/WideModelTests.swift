import Digest
import Foundation
import HTTP
import TestSupport
import Testing

/// Tables of hundreds and thousands of columns, from submission to result.
@Suite struct WideModelTests {
    private let service = ServiceUnderTest()
    private var models: String { service.folder.path + "/models" }

    private func start(_ model: TableModel) throws {
        try model.write(into: models) { SHA256.hex(of: $0) }
        try service.startAPI(["--models", models])
        try service.startWorker("worker", ["--models", models])
        try service.waitUntilServed(model.name)
    }

    /// A model of 300 inputs ended the API's process at its first submission.
    @Test(arguments: [(300, false), (300, true), (4_096, false), (4_096, true)])
    func `rows of a wide model are scored, one by one and as a table`(inputs: Int, isSplit: Bool) throws {
        var model = TableModel("wide", inputs: inputs)
        model.isSplit = isSplit
        try start(model)
        let row = "{" + (0..<inputs).map { "\"x\($0)\":\($0 % 3)" }.joined(separator: ",") + "}"
        let sum = Double((0..<inputs).reduce(0) { $0 + $1 % 3 })

        let single = try service.send(
            .post, "/predict", ["Content-Type": "application/json"],
            .bytes(Array("{\"model\":\"wide\",\"input\":\(row)}".utf8)))
        #expect(single.status == 200 && single.json["prediction"] as? Double == sum, "\(single.json)")

        let lines = String(repeating: row + "\n", count: 300)
        let ndjson = try service.submit(table: lines, "model=wide", type: "application/x-ndjson")
        let header = "customer," + (0..<inputs).map { "x\($0)" }.joined(separator: ",") + ",note\n"
        let cells = (0..<inputs).map { "\($0 % 3)" }.joined(separator: ",")
        let table = header + (0..<300).map { "c\($0),\(cells),-\n" }.joined()
        let csv = try service.submit(table: table, "model=wide&id_column=customer")
        for id in [ndjson, csv] {
            #expect(try service.ended(id).status == "completed")
            let results = try service.results(id, "format=ndjson&fields=prediction")
            let lines = results.text.split(separator: "\n")
            #expect(lines.count == 300 && Set(lines).count == 1)
            #expect(lines.first?.contains("\"prediction\":\(Int(sum))") == true, "\(lines.first ?? "")")
        }
        #expect(service.isRunning("worker"))
    }

    /// Doubles passed through 32 bits on their way into a tensor of doubles, and out of one.
    @Test(arguments: ["double", "float"])
    func `a model of doubles answers with all the digits of its answer`(type: String) throws {
        var model = TableModel("exact", inputs: 2)
        (model.type, model.element) = (type, .double)
        try start(model)
        let answer = try service.send(
            .post, "/predict", ["Content-Type": "application/json"],
            .bytes(Array(#"{"model":"exact","input":{"x0":0.1,"x1":0.2}}"#.utf8)))
        // The text, because Foundation's reader of JSON loses the last digit of this number.
        let single = try service.results(answer.json["task_id"] as? String ?? "", "format=ndjson").text
        #expect(single.contains(#""prediction":0.30000000000000004"#), "\(single)")
        let id = try service.submit(table: "x0,x1\n0.1,0.2\n0.1,0.6\n", "model=exact")
        #expect(try service.ended(id).status == "completed")
        #expect(try service.results(id, "format=csv&fields=prediction").lines[1...2] == ["0.30000000000000004", "0.7"])
        let joined = try service.results(id, "join=input").text
        #expect(joined.contains("0.1,0.2,0.30000000000000004,"))
    }
}
