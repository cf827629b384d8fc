internal import Core
internal import Foundation

/// The members of a problem+json that a person needs.
struct ServiceProblem: Decodable {
    struct Detail: Decodable {
        var row: Int?
        var line: Int?
        @InOptions var message: String

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
        let errors = errors ?? []
        let text = OptionWords.text(detail, of: ErrorCode(rawValue: code))
        // Of one row the detail is the row's own sentence.
        if errors.count == 1, let only = errors.first, only.message == OptionWords.text(detail) {
            return only.line == nil ? text : only.words
        }
        let listed = text + errors.prefix(Self.listedRows).map { "\n  " + $0.words }.joined()
        guard errors.count > Self.listedRows else { return listed }
        // The service names so many at most; its own sentence tells of how many they are the first.
        let most = errors.count < Limits.reportedFaults ? "\(errors.count)" : "at least \(errors.count)"
        return listed + "\n  These are the first \(Self.listedRows) of \(most)."
    }
}
