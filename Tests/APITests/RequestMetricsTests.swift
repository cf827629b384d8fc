import Core
import HTTP
import Operations
import TestSupport
import Testing

@testable import API

@Suite struct RequestMetricsTests {
    private let metrics = RequestMetrics([
        Route(.get, "/predict/async/{id}", .immediate { _ in HTTPResponse(status: 200) }),
        Route(.post, "/predict/async", .immediate { _ in HTTPResponse(status: 202) }),
    ])

    private func summary(_ method: String, _ route: String?, _ status: Int?, _ duration: Duration) -> RequestSummary {
        RequestSummary(
            method: method, route: route, status: status, duration: duration, sentBytes: 0, requestID: "r",
            remoteAddress: "127.0.0.1", isComplete: status != nil)
    }

    private func exposition() throws -> Exposition {
        try Exposition(String(decoding: MetricRegistry(metrics.sources).text(), as: UTF8.self))
    }

    @Test func `a request counts under its method, its route's pattern and its status`() throws {
        metrics.count(summary("GET", "/predict/async/{id}", 200, .milliseconds(2)))
        metrics.count(summary("GET", "/predict/async/{id}", 200, .milliseconds(2)))
        metrics.count(summary("POST", "/predict/async", 503, .milliseconds(2)))
        metrics.count(summary("POST", "/predict/async", nil, .milliseconds(2)))
        let shown = try exposition()
        let (name, pattern) = ("sibyl_http_requests_total", "/predict/async/{id}")
        #expect(shown[name, ["method": "GET", "route": pattern, "status": "200"]] == 2)
        #expect(shown[name, ["method": "POST", "route": "/predict/async", "status": "503"]] == 1)
        #expect(shown[name, ["method": "POST", "route": "/predict/async", "status": "none"]] == 1)
        #expect(shown.sum(name) == 4)
        #expect(shown["sibyl_http_request_duration_seconds_count", ["route": pattern]] == 2)
    }

    @Test func `requests of any kind make no series beyond the lists`() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            let noise = String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
            let method = ["GET", "HEAD", noise, "get", ""].randomElement(using: &generator)!
            let route = ["/predict/async", "/predict/async/{id}", "/" + noise, noise, nil].randomElement(
                using: &generator)!
            metrics.count(summary(method, route, Int.random(in: -5...1_200, using: &generator), .zero))
        }
        let shown = try exposition()
        #expect(shown.sum("sibyl_http_requests_total") == 20_000)
        let requests = shown.samples.filter { $0.name == "sibyl_http_requests_total" }
        #expect(Set(requests.compactMap { $0.labels["route"] }) == ["/predict/async", "/predict/async/{id}", "none"])
        #expect(Set(requests.compactMap { $0.labels["method"] }) == ["GET", "HEAD", "OTHER"])
        #expect(requests.count <= 3 * 3 * 32)
        #expect(shown.samples.count { $0.name == "sibyl_http_request_duration_seconds_count" } == 3)
    }

    @Test func `every status of an error code has a series of its own`() throws {
        let statuses = Set(ErrorCode.allCases.map { Problems.status(of: $0) })
        for status in statuses { metrics.count(summary("GET", nil, status, .zero)) }
        let shown = try exposition()
        for status in statuses {
            let labels = ["method": "GET", "route": "none", "status": "\(status)"]
            #expect(shown["sibyl_http_requests_total", labels] == 1)
        }
    }
}
