internal import Core
internal import Foundation
internal import HTTP
internal import Operations

/// A running service, as the client commands see it.
///
/// Blocks the calling thread, of which these commands have one.
struct ServiceClient {
    private let url: String
    private let http = HTTPClient()

    /// The options and settings of every client command.
    static let options = [CommandSyntax.Option("--json", "The service's own JSON instead of words.")]
    static let settings = [Setting.url]

    /// Time for an answer that the service gives at once.
    private static let patience = Duration.seconds(30)

    init(_ arguments: Arguments) throws {
        let values = try ServiceEnvironment.settings(arguments, environment: ProcessInfo.processInfo.environment)
        let address = values[.url]!
        url = address.hasSuffix("/") ? String(address.dropLast()) : address
    }

    /// Asks for something small.
    ///
    /// - Throws: ``ClientError`` for any answer that is not 2xx, or when there is none.
    func get(_ path: String) throws -> [UInt8] { try send(.get, path, [:], .none, deadline: Self.patience) { _ in } }

    /// Sends JSON.
    func post(_ path: String, json: [UInt8], deadline: Duration = patience) throws -> [UInt8] {
        try send(.post, path, ["Content-Type": "application/json"], .bytes(json), deadline: deadline) { _ in }
    }

    /// Sends a file, however long that takes.
    ///
    /// - Parameter onProgress: told the bytes sent so far.
    func upload(
        _ path: String, type: String, file: Int32, length: Int?, onProgress: @escaping (Int) throws -> Void
    ) throws -> [UInt8] {
        try send(
            .post, path, ["Content-Type": type], .file(descriptor: file, length: length), deadline: nil, onProgress)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders, _ body: HTTPUpload, deadline: Duration?,
        _ onProgress: @escaping (Int) throws -> Void
    ) throws -> [UInt8] {
        let answer: HTTPClient.Answer
        do {
            answer = try http.send(
                method, url + path, headers: headers, body: body, deadline: deadline, onProgress: onProgress)
        } catch let error as HTTPClientError {
            let exitCode: Int32 = error.code == .configurationInvalid ? UsageError.exitCode : 69
            throw ClientError(code: error.code, message: error.message, exitCode: exitCode)
        }
        if answer.status < 300 { return answer.body }
        throw ClientError(ServiceProblem(answer.body), status: answer.status)
    }
}

/// The members of a problem+json that a person needs.
struct ServiceProblem: Decodable {
    struct Detail: Decodable {
        var row: Int?
        var line: Int?
        var message: String
    }

    var detail = "The service gave no reason."
    var code = ErrorCode.internalError.rawValue
    var errors: [Detail]?

    init(_ bytes: [UInt8]) {
        // Something else than the service may have answered, a proxy for one.
        let problem = try? JSONDecoder().decode(ServiceProblem.self, from: Data(bytes))  // try? because of that
        if let problem { self = problem }
    }

    /// The detail, and where it is about rows the first of them.
    var message: String {
        let rows = (errors ?? []).prefix(5).map { error in
            let place = error.line.map { "line \($0)" } ?? error.row.map { "row \($0)" }
            return "\n  " + (place.map { "\($0): " } ?? "") + error.message
        }
        return detail + rows.joined()
    }
}

extension ClientError {
    init(_ problem: ServiceProblem, status: Int) {
        let exitCode: Int32 =
            switch status {
            case 401, 403: 77
            case 410: 4
            case 429, 503: 75
            default: 1
            }
        self.init(
            code: ErrorCode(rawValue: problem.code) ?? .internalError, message: problem.message, exitCode: exitCode)
    }
}
