internal import Core
internal import Foundation

/// The members of a problem+json that a person needs.
struct ServiceProblem: Decodable {
    struct Detail: Decodable {
        var row: Int?
        var line: Int?
        var message: String

        /// Where, and what.
        var words: String {
            let place = line.map { "line \($0)" } ?? row.map { "row \($0)" }
            return (place.map { "\($0): " } ?? "") + message
        }
    }

    var detail = "The service gave no reason."
    var code = ErrorCode.internalError.rawValue
    var errors: [Detail]?

    /// Rows listed to a person: enough to see what is wrong with the file.
    static let listedRows = 10

    init(_ bytes: [UInt8]) {
        // Something else than the service may have answered, a proxy for one.
        let problem = try? JSONDecoder().decode(ServiceProblem.self, from: Data(bytes))  // try? because of that
        if let problem { self = problem }
    }

    /// The detail, and where it is about rows the first of them.
    var message: String {
        detail + (errors ?? []).prefix(Self.listedRows).map { "\n  " + $0.words }.joined()
    }
}
