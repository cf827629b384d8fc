internal import Core

/// One table as a move copies it, the same on both engines: read from SQLite's own description, so that no column of a
/// later schema can be forgotten.
struct MovedTable: Sendable {
    enum Kind: String {
        case integer = "INTEGER"
        case real = "REAL"
        case text = "TEXT"
        case blob = "BLOB"
    }

    struct Column {
        let name: String
        let kind: Kind
    }

    let name: String
    let columns: [Column]
    /// Positions of the primary key's columns.
    let key: [Int]

    /// Rows of processes, which stay behind, and what is counted or noted anew.
    static let excluded = [
        "owner", "owner_model", "verdict", "keeper", "backlog", "probe", "last_task", "moving", "moved_table",
    ]

    /// The tables of a SQLite database, what others refer to first.
    static func all(in connection: Connection) throws -> [MovedTable] {
        let names = try connection.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
            $0.text(0)
        }
        let kept = names.filter { !$0.hasPrefix("sqlite_") && !excluded.contains($0) && $0 != "model" }
        return try (["model"] + kept).map { try MovedTable($0, in: connection) }
    }

    private init(_ name: String, in connection: Connection) throws {
        self.name = name
        var columns: [Column] = []
        var key: [(order: Int, column: Int)] = []
        try connection.forEachRow("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid", .text(name)) { row in
            if row.int(2) > 0 { key.append((row.int(2), columns.count)) }
            guard let kind = Kind(rawValue: row.text(1)) else { throw StoreError.tableNotMovable(name) }
            columns.append(Column(name: row.text(0), kind: kind))
            return true
        }
        self.columns = columns
        self.key = key.sorted { $0.order < $1.order }.map(\.column)
        guard !key.isEmpty, self.key.allSatisfy({ [.integer, .text].contains(columns[$0].kind) }) else {
            throw StoreError.tableNotMovable(name)
        }
    }

    private var hasBlobs: Bool { columns.contains { $0.kind == .blob } }
    /// Rows that are read at a time: a server's answer is held whole.
    var pageRows: Int { hasBlobs ? Limits.checkedBlobs : Limits.movedRows }

    // MARK: Reading

    /// Hands out the next rows in the order of keys, at most ``pageRows``.
    ///
    /// - Parameters:
    ///   - last: the key before, as texts; empty at the beginning.
    ///   - body: gets a row's values; returns false to stop behind it.
    func forEachRow(after last: [String], in connection: Connection, _ body: ([SQLValue]) throws -> Bool) throws {
        let place = try zip(key, last).map { try keyValue($0, $1) }
        _ = try connection.perform(last.isEmpty ? firstSQL : nextSQL, place) { row in
            try body(values(of: row))
        }
    }

    private func keyValue(_ column: Int, _ text: String) throws -> SQLValue {
        guard columns[column].kind == .integer else { return .text(text) }
        guard let number = Int64(text) else { throw StoreError.corruptBlob }
        return .integer(number)
    }

    /// A row's key as texts.
    func key(of values: [SQLValue]) throws -> [String] {
        try key.map { column in
            switch values[column] {
            case .integer(let number): "\(number)"
            case .text(let text): text
            // SQLite lets a column of a key be NULL, if nothing forbids it.
            default: throw StoreError.tableNotMovable(name)
            }
        }
    }

    private func values(of row: borrowing Row) -> [SQLValue] {
        var values: [SQLValue] = []
        values.reserveCapacity(columns.count)
        for (index, column) in zip(Int32(0)..., columns) {
            let isNull = row.isNull(index)
            switch column.kind {
            case .integer: values.append(isNull ? .null(.integer) : .integer(row.integer(index)))
            case .real: values.append(isNull ? .null(.real) : .real(row.double(index)))
            case .text: values.append(isNull ? .null(.text) : .text(Self.storable(row.text(index))))
            case .blob: values.append(isNull ? .null(.blob) : .blob(row.blob(index)))
            }
        }
        return values
    }

    /// A text as both engines can hold it: PostgreSQL takes no NUL, which only a task's name can have.
    private static func storable(_ text: String) -> String {
        text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
    }

    private func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
    private var columnList: String { list(columns.map(\.name)) }
    private var keyList: String { list(key.map { columns[$0].name }) }
    private var firstSQL: String { "SELECT \(columnList) FROM \"\(name)\" ORDER BY \(keyList) LIMIT \(pageRows)" }

    private var nextSQL: String {
        let places = key.map { _ in "?" }.joined(separator: ", ")
        return
            "SELECT \(columnList) FROM \"\(name)\" WHERE (\(keyList)) > (\(places)) ORDER BY \(keyList) LIMIT \(pageRows)"
    }

    func count(in connection: Connection) throws -> Int {
        try connection.first("SELECT count(*) FROM \"\(name)\"") { $0.int(0) } ?? 0
    }

    func isEmpty(in connection: Connection) throws -> Bool {
        try connection.first("SELECT 1 FROM \"\(name)\" LIMIT 1") { _ in false } ?? true
    }

    // MARK: Writing

    /// Adds rows, many in a statement.
    func insert(_ rows: [[SQLValue]], in connection: Connection) throws {
        var rest = rows[...]
        while !rest.isEmpty {
            let count = rest.count >= Limits.movedGroup ? Limits.movedGroup : 1
            _ = try connection.perform(insertSQL(count), rest.prefix(count).flatMap(\.self)) { _ in true }
            rest = rest.dropFirst(count)
        }
    }

    private func insertSQL(_ count: Int) -> String {
        let row = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
        let rows = Array(repeating: row, count: count).joined(separator: ", ")
        return "INSERT INTO \"\(name)\" (\(columnList)) VALUES \(rows)"
    }

    func empty(in connection: Connection) throws { try connection.run("DELETE FROM \"\(name)\"") }
}
