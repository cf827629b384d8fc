import Foundation
import HTTP
import Testing

/// What runs a text model, as callers and operators see it.
@Suite struct KernelTests {
    @Test(arguments: [false, true])
    func `a text model runs on the kernel, or on ONNX Runtime with the reason, and answers the same`(
        isOff: Bool
    ) throws {
        let service = ServiceUnderTest(slowsTexts: isOff)
        try service.startAPI()
        try service.startWorker()
        let id = try service.submit("I love this product!")
        #expect(try service.ended(id).status == "completed")
        let row = try #require(try service.get("/predict/async/\(id)").json["result"] as? [String: Any])
        #expect(row["prediction"] as? String == "positive")
        #expect(abs((row["confidence"] as? Double ?? 0) - 0.7684174) < 1e-5)

        let versions = try service.get("/models/sentiment").json["versions"] as? [[String: Any]]
        #expect(versions?.first?["engine"] as? String == (isOff ? "onnxruntime" : "fused"))
        #expect(versions?.first?["fallback"] as? String == (isOff ? "the kernel is switched off" : nil))
        let iris = try service.get("/models/iris").json["versions"] as? [[String: Any]]
        #expect(iris?.first?["engine"] as? String == "onnxruntime" && iris?.first?["fallback"] is NSNull)
        #expect(service.logText("worker").contains("no kernel for the model") == isOff)
    }
}
