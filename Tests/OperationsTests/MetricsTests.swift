import Core
import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite struct MetricsTests {
    private func exposition(of sources: any MetricSource...) throws -> Exposition {
        try Exposition(String(decoding: MetricRegistry(sources).text(), as: UTF8.self))
    }

    @Test func `a tally shows each of its series with its type and its help`() throws {
        let tally = Tally(.tasks, series: [["completed"], ["failed"]])
        tally.add(3)
        tally.add(at: 1)
        let shown = try exposition(of: tally)
        #expect(shown.kinds["sibyl_tasks_total"] == "counter")
        #expect(shown["sibyl_tasks_total", ["status": "completed"]] == 3)
        #expect(shown["sibyl_tasks_total", ["status": "failed"]] == 1)
    }

    @Test func `buckets are cumulative, and a value on a bound is below it`() throws {
        let histogram = Histogram(.requestDuration, .durations, series: [["/a"], ["/b"]], showsEmpty: false)
        for wait in [Duration.microseconds(99), .microseconds(100), .milliseconds(3), .seconds(61)] {
            histogram.observe(wait)
        }
        let shown = try exposition(of: histogram)
        let name = "sibyl_http_request_duration_seconds"
        #expect(shown["\(name)_bucket", ["route": "/a", "le": "0.0001"]] == 2)
        #expect(shown["\(name)_bucket", ["route": "/a", "le": "0.0025"]] == 2)
        #expect(shown["\(name)_bucket", ["route": "/a", "le": "0.005"]] == 3)
        #expect(shown["\(name)_bucket", ["route": "/a", "le": "60"]] == 3)
        #expect(shown["\(name)_bucket", ["route": "/a", "le": "+Inf"]] == 4)
        #expect(shown["\(name)_count", ["route": "/a"]] == 4)
        #expect(abs(shown["\(name)_sum", ["route": "/a"]]! - 61.003199) < 1e-9)
        #expect(shown["\(name)_count", ["route": "/b"]] == nil)
    }

    @Test func `a clock that ran backwards counts as no time`() {
        let histogram = Histogram(.gateWait, .durations)
        histogram.observe(.seconds(-5))
        #expect(histogram.count() == 1)
    }

    @Test func `a label may hold every character`() throws {
        let name = "a\"b\\c\nd{e=\"f\",g} é \\n"
        let tally = Tally(.queueRows, series: [[name]])
        tally.set(7)
        #expect(try exposition(of: tally)["sibyl_queue_rows", ["model": name]] == 7)
    }

    @Test func `numbers are written as a scraper reads them`() {
        let written = [0, 3, -2, 0.25, 1e-7, 1e300, .infinity, -.infinity, .nan].map { MetricText.number($0) }
        #expect(written == ["0", "3", "-2", "0.25", "1e-07", "1e+300", "+Inf", "-Inf", "NaN"])
    }

    @Test func `what cannot be read is left out whole, and counted`() throws {
        struct Broken: MetricSource {
            struct Trouble: Error {}
            let metrics = [Metric.workers]
            func write(to text: inout MetricText) throws {
                text.begin(.workers)
                throw Trouble()
            }
        }
        let shown = try exposition(of: Broken(), Tally(.connections))
        #expect(shown.kinds["sibyl_workers"] == nil)
        #expect(shown["sibyl_http_connections", [:]] == 0)
        #expect(shown["sibyl_metrics_unreadable_total", [:]] == 1)
    }

    @Test func `threads that count together lose nothing`() async throws {
        let tally = Tally(.chunkRetries)
        let histogram = Histogram(.batchRows, .rows)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for value in 0..<10_000 {
                        tally.add()
                        histogram.observe(value)
                    }
                }
            }
        }
        let shown = try exposition(of: tally, histogram)
        #expect(shown["sibyl_chunk_retries_total", [:]] == 40_000)
        #expect(shown["sibyl_batch_rows_count", [:]] == 40_000)
        #expect(shown["sibyl_batch_rows_sum", [:]] == 199_980_000)
    }

    @Test func `a process tells of itself`() throws {
        let sources = ProcessReadings.make(
            process: "api", sqlite: "3.40.1", startedAt: WallTime(milliseconds: 1_700_000_000_500))
        let shown = try Exposition(String(decoding: MetricRegistry(sources).text(), as: UTF8.self))
        #expect(shown["process_start_time_seconds", [:]] == 1_700_000_000.5)
        #expect(shown["process_resident_memory_bytes", [:]]! > 1_048_576)
        #expect(shown["process_open_fds", [:]]! >= 3)
        #expect(shown["process_cpu_seconds_total", [:]]! > 0)
        let build = ["process": "api", "version": Version.current, "sqlite": "3.40.1"]
        #expect(shown["sibyl_build_info", build] == 1)
    }
}

@Suite struct MetricTableTests {
    @Test func `every metric is named as ours, once, and by its kind`() {
        let names = Metric.all.map(\.name)
        #expect(Set(names).count == names.count)
        for metric in Metric.all {
            #expect(metric.name.hasPrefix("sibyl_") || metric.name.hasPrefix("process_"))
            #expect(metric.name.wholeMatch(of: /[a-z][a-z_]*/) != nil)
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"))
            #expect(Set(metric.labels).count == metric.labels.count)
        }
    }

    /// The list is written out here once more: who adds a label must think of how many values it can have.
    @Test func `no metric is divided by an id or an owner`() {
        let allowed: Set = [
            "method", "route", "status", "model", "version", "outcome", "stage", "process", "sqlite",
        ]
        #expect(Set(MetricLabel.allCases.map(\.rawValue)) == allowed)
    }

    @Test func `the table of metrics in the papers is the table of the program`() throws {
        let rows = try PackageFiles.tableRows("docs/METRICS.md").filter { $0.count == 5 }
        let expected = Metric.all.map { metric in
            [
                metric.name, metric.kind.rawValue,
                metric.labels.isEmpty ? "–" : metric.labels.map(\.rawValue).joined(separator: ", "),
                metric.source.rawValue, metric.meaning.replacing("`", with: ""),
            ]
        }
        #expect(rows == expected)
    }
}
