import Foundation
import HTTP
import Testing

/// Tables as people have them.
@Suite(.serialized) struct TableDialectTests {
    @Test func `a German Excel export is scored without an option`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        // Windows-1252: ü is one byte.
        let text =
            "kunde;sepal_length;sepal_width;petal_length;petal_width\r\nM\u{FC}ller;5,1;3,5;1,4;0,2\r\nJos\u{E9};6,3;3,3;6;2,5\r\n"
        let bytes = text.unicodeScalars.map { UInt8($0.value) }
        let answer = try service.send(
            .post, "/predict/async?model=iris&id_column=kunde", ["Content-Type": "text/csv"], .bytes(bytes))
        #expect(answer.status == 202, "\(answer.json)")
        let id = try #require(answer.json["id"] as? String)
        _ = try service.ended(id)
        let results = try service.get("/predict/async/\(id)/results").json["results"] as? [[String: Any]]
        #expect(results?.map { $0["id"] as? String } == ["Müller", "José"])
        #expect(results?.map { $0["prediction"] as? String } == ["setosa", "virginica"])
    }

    @Test func `columns of other names are mapped, and a misspelt option is told`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let answer = try service.post(
            "/predict/async?model=sentiment&delimiter=tab&map.text=opinion", "n\topinion\r\n1\tI love it\r\n",
            type: "text/csv")
        let task = try service.ended(try #require(answer.json["id"] as? String))
        #expect((task["result"] as? [String: Any])?["prediction"] as? String == "positive")
        for wrong in ["delimiter=x", "decimal=;", "encoding=latin", "dezimal=,"] {
            let refused = try service.post("/predict/async?model=sentiment&\(wrong)", "text\r\na\r\n", type: "text/csv")
            #expect(refused.status == 422, "\(wrong)")
            #expect(refused.json["code"] as? String == "invalid_parameter", "\(wrong)")
        }
    }
}
