package import Core

/// A JSON body that submits rows: its options, and where its rows are.
///
/// Nothing is built from it at first: the model may be named after the rows, so they are scanned only when its
/// signature is known.
///
/// Comes from: a request's body. Goes to: the routes, which read the options and then scan the rows.
package struct JSONSubmission: Sendable {
    /// The members that carry rows.
    package enum Carrier: String, Sendable, CaseIterable {
        /// One row of a text model.
        case text
        /// One row as an object of the inputs.
        case input
        /// One row as its values in the manifest's order; or many, as an array of such arrays.
        case data
        /// Many rows.
        case inputs
        /// Many rows; what other services call `inputs`.
        case instances
        /// Many rows of a text model.
        case texts
    }

    /// The member that carries the rows.
    package let carrier: Carrier
    /// The number of rows, at least 1.
    package let rowCount: Int

    /// The body as a whole, with its options.
    package let object: JSONObject
    let rows: JSONMember
    var bytes: [UInt8] { object.bytes }
    var members: JSONMembers { object.members }

    /// The members that rows may stand in, or beside.
    package static let members = Carrier.allCases.map(\.rawValue) + ["id"]

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - bytes: the whole body.
    ///   - options: the names of the members allowed besides those that carry rows, and `id` with a single row.
    /// - Throws: `IntakeError` when the body is not one JSON object, has an unknown or a repeated member, or when not
    ///   exactly one of its members carries rows.
    package init(parsing bytes: [UInt8], options: [String]) throws {
        try self.init(JSONObject(parsing: bytes, members: options + Self.members))
    }

    /// Finds the rows in a body.
    ///
    /// - Throws: `IntakeError` when not exactly one of its members carries rows.
    package init(_ object: JSONObject) throws {
        let carriers = Carrier.allCases.filter { object.members[$0.rawValue] != nil }
        guard carriers.count < 2 else { throw IntakeError.twoCarriers(carriers[0].rawValue, carriers[1].rawValue) }
        guard let carrier = carriers.first, let rows = object.members[carrier.rawValue] else {
            throw IntakeError.noRows
        }
        self.object = object
        self.carrier = carrier
        self.rows = rows
        rowCount = try Self.rowCount(of: rows, carrier: carrier)
        if !isSingle, members["id"] != nil {
            throw IntakeError.wrongField(name: "id", expected: "given within each row")
        }
    }

    /// Whether the carrier's value is one row, not an array of rows.
    var isSingle: Bool {
        switch carrier {
        case .text, .input: true
        case .data: !rows.holdsArrays
        case .inputs, .instances, .texts: false
        }
    }

    private static func rowCount(of rows: JSONMember, carrier: Carrier) throws -> Int {
        if carrier == .text || carrier == .input { return 1 }
        guard rows.kind == .array else {
            throw IntakeError.wrongField(name: carrier.rawValue, expected: "an array")
        }
        guard rows.elementCount > 0 else { throw IntakeError.noRows }
        return carrier == .data && !rows.holdsArrays ? 1 : rows.elementCount
    }

    // MARK: Rows

    /// Makes the scanner of the rows, now that the model is known.
    ///
    /// - Parameters:
    ///   - idName: the member of a row that holds the caller's own id.
    ///   - limit: the most rows that the body may have.
    /// - Throws: `IntakeError` when there are more rows, or when the carrier does not suit the model.
    package func scanner(for signature: Signature, idName: String = "id", limit: Int) throws -> SubmissionScanner {
        guard rowCount <= limit else { throw IntakeError.tooManyRows(found: rowCount, limit: limit) }
        let isBare = carrier == .text || carrier == .texts
        guard !isBare || signature.isText else {
            throw IntakeError.unsuitableCarrier(carrier.rawValue, inputs: signature.inputs.map(\.name))
        }
        return SubmissionScanner(
            self, reader: JSONRowReader(signature, form: isBare ? .bare : .any, idName: idName))
    }
}
