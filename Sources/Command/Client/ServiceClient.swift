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
    static let patience = Duration.seconds(30)

    init(_ arguments: Arguments) throws {
        let values = try ServiceEnvironment.settings(arguments, environment: ProcessInfo.processInfo.environment)
        let address = values[.url]!
        url = address.hasSuffix("/") ? String(address.dropLast()) : address
    }

    /// The same service over a connection of its own: for a question while another request is under way.
    private init(url: String) { self.url = url }

    /// A second connection.
    func beside() -> ServiceClient { ServiceClient(url: url) }

    /// Asks for something small.
    ///
    /// - Throws: ``ClientError`` for any answer that is an error, or when there is none.
    func get(_ path: String) throws -> [UInt8] { try send(.get, path).body }

    /// Sends JSON.
    func post(_ path: String, json: [UInt8], headers: HTTPHeaders = HTTPHeaders()) throws -> [UInt8] {
        var headers = headers
        headers.set("Content-Type", "application/json")
        return try send(.post, path, headers, .bytes(json)).body
    }

    /// Sends a request and waits for its answer.
    ///
    /// - Parameters:
    ///   - deadline: the time for everything; nil for as long as it takes.
    ///   - onProgress: hears at least once a second how many bytes of the body were sent; throwing ends the request.
    ///   - onBytes: takes the answer's body piece by piece.
    /// - Throws: ``ClientError`` for any answer that is an error, or when there is none; what a closure threw.
    @discardableResult
    func send(
        _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders = HTTPHeaders(), _ body: HTTPUpload = .none,
        deadline: Duration? = patience, onProgress: ((Int) throws -> Void)? = nil,
        onBytes: (([UInt8]) throws -> Void)? = nil
    ) throws -> HTTPClient.Answer {
        let answer: HTTPClient.Answer
        do {
            answer = try http.send(
                method, url + path, headers: headers, body: body, deadline: deadline, onProgress: onProgress,
                onBytes: onBytes)
        } catch let error as HTTPClientError {
            throw ClientError(error)
        }
        guard answer.status < 400 else {
            let seconds = answer.headers.first("Retry-After").flatMap { Int($0) }
            throw ClientError(
                ServiceProblem(answer.body), status: answer.status,
                retryAfter: seconds.map { .seconds(min(max(0, $0), Patience.longestSaid)) })
        }
        return answer
    }
}

extension Decodable {
    /// Reads an answer of the service.
    ///
    /// - Throws: ``ClientError/strangeAnswer``.
    static func read(_ bytes: [UInt8]) throws -> Self {
        do { return try JSONDecoder().decode(Self.self, from: Data(bytes)) } catch { throw ClientError.strangeAnswer }
    }
}

/// The path of a task and of what belongs to it.
struct TaskPath {
    let id: String

    var task: String { "/predict/async/\(id)" }
    var input: String { task + "/input" }
    var results: String { task + "/results" }
}
