internal import Core
internal import Foundation

/// A task as the service answers it: what the client commands read of it.
struct TaskAnswer: Decodable {
    struct Rows: Decodable {
        var total: Int
        var succeeded: Int?
        var failed: Int?
    }

    var id: String
    var name: String?
    var status: String
    var final: Bool?
    var model: String
    var model_version: String
    var rows: Rows
    var rows_per_second: Double?
    var eta_seconds: Double?
    var created_at: String
    var completed_at: String?

    init(_ bytes: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(TaskAnswer.self, from: Data(bytes))
        } catch {
            throw ClientError(
                code: .unreachable, message: "Something answers there, but not like Sibyl; check --url.", exitCode: 69)
        }
    }

    var done: Int { (rows.succeeded ?? 0) + (rows.failed ?? 0) }

    /// What a command ends with once the task has ended: API.md, section 1.
    var exitCode: Int32 {
        switch PredictionTask.Status(rawValue: status) {
        case .completedWithErrors: 2
        case .failed: 1
        case .cancelled: 3
        case .expired: 4
        default: 0
        }
    }

    /// The task in a few lines, for people.
    var summary: String {
        let speed = rows_per_second.map { ", \(Int($0)) rows/s" } ?? ""
        return """
            task       \(id)\(name.map { " (\($0))" } ?? "")
            model      \(model) \(model_version)
            status     \(status)
            rows       \(rows.total): \(rows.succeeded ?? 0) succeeded, \(rows.failed ?? 0) failed\(speed)

            """
    }
}
