package import Core

/// Gathers scanned rows into typed columns, a chunk at a time.
///
/// A row appends one value to every column, or one fault; never half of it. A scanner stops when the builder is
/// full, so that memory does not depend on the input: the caller takes the chunk and feeds the rest.
///
/// Comes from: the scanners. Goes to: a chunk's payload.
package struct RowsBuilder: Sendable {
    package let signature: Signature
    /// The number of rows since the last ``take()``, faulty ones included.
    package private(set) var count = 0
    /// The bytes that these rows take as columns, roughly.
    package private(set) var byteCount = 0
    /// The number of rows since the input's start, taken ones included.
    package private(set) var totalCount = 0
    /// The bad rows since the start, the first of them with all that an answer needs.
    package private(set) var report = FaultReport()

    /// The bytes of the input that these rows' records take.
    private(set) var recordBytes = 0

    let slots: [InputSlot]
    var row = RowInProgress()
    /// Where the document holds its rows; set by the scanner.
    var place = RowPlace.root
    /// The words for true and false in a table; set by its scanner.
    var flagWords = FlagWords.auto
    /// How a table writes numbers, in words; set by its scanner.
    var numberWords = "a point"

    /// The column of each input of a table, for messages; set by its scanner.
    var columnNames: [String?] = []

    private let chunkRows: Int
    private let chunkBytes: Int
    private let chunkRecordBytes = Limits.chunkRecordBytes
    private let numbersPerRow: Int
    /// The numbers of the rows without a fault, row after row: they are turned into columns when they are taken.
    private var numbers: [UInt64] = []
    private var texts: [TextColumn]
    private var ids = TextColumn()
    private var faults: [RowFault] = []

    /// - Parameters:
    ///   - chunkRows: the rows of a chunk, at least 1.
    ///   - chunkBytes: the bytes from which on a chunk is full, 1 to 2^30.
    ///   - rowsBefore: the rows of the input that were taken before it broke off; the report counts on from them.
    package init(
        signature: Signature, chunkRows: Int = Limits.chunkRows, chunkBytes: Int = Limits.chunkBytes,
        rowsBefore: Int = 0
    ) {
        precondition(chunkRows >= 1 && (1...1 << 30).contains(chunkBytes), "a chunk holds something, below 1 GiB")
        self.signature = signature
        self.chunkRows = chunkRows
        self.chunkBytes = chunkBytes
        totalCount = rowsBefore
        let layout = InputSlot.layOut(signature)
        slots = layout.slots
        numbersPerRow = layout.numbers
        texts = Array(repeating: TextColumn(), count: layout.texts)
        row.prepare(inputs: slots.count, numbers: layout.numbers)
    }

    /// Whether the rows must be taken before more are scanned.
    package var isFull: Bool {
        count >= chunkRows || byteCount >= chunkBytes || recordBytes >= chunkRecordBytes
    }

    /// Hands over the rows gathered so far and starts the next chunk; without any row, `count` is 0.
    package mutating func take() -> Rows {
        let valid = count - faults.count
        let rows = Rows(
            count: count, columns: slots.map { column(of: $0, count: valid) }, faults: faults,
            ids: ids.bytes.isEmpty ? nil : ids)
        for place in texts.indices { texts[place] = TextColumn() }
        numbers.removeAll(keepingCapacity: true)
        (ids, faults, count, byteCount, recordBytes) = (TextColumn(), [], 0, 0, 0)
        return rows
    }

    /// Adds a row that failed before its values could be read.
    ///
    /// - Parameter line: the line of the input, from 1, on which the row begins; nil where lines mean nothing.
    package mutating func reject(line: Int? = nil, code: ErrorCode, message: String) {
        beginRow(line: line)
        fail(code, message)
        endRow()
    }

    /// Adds a row of a table that is longer than its bound.
    mutating func rejectTooLarge(line: Int, _ rowBytes: Int) {
        reject(line: line, code: .rowTooLarge, message: "The row is longer than \(rowBytes) bytes; shorten it.")
    }

    /// Counts the record of the last row: the caller may keep it beside the columns.
    @inline(__always)
    mutating func addRecord(_ count: Int) { recordBytes &+= count }

    // MARK: A row

    mutating func beginRow(line: Int?) {
        row.begin(line: line)
    }

    /// Marks the row as failed; its first fault is the one that is told.
    mutating func fail(_ code: ErrorCode, pointer: String = "", _ message: String) {
        guard row.fault == nil else { return }
        row.fault = RowFault(row: count, line: row.line, pointer: pointer, code: code, message: message)
    }

    mutating func endRow() {
        if row.filledCount < slots.count, row.fault == nil { fillMissing() }
        if let fault = row.fault { discard(because: fault) } else { keep() }
        ids.bytes.append(contentsOf: row.id)
        ids.ends.append(UInt32(ids.bytes.count))
        byteCount += row.id.count + 4
        count += 1
        totalCount += 1
    }

    private mutating func keep() {
        numbers.append(contentsOf: row.numbers)
        byteCount += row.numbers.count * 8
    }

    private mutating func discard(because fault: RowFault) {
        let valid = count - faults.count
        for place in texts.indices where texts[place].count > valid {
            byteCount -= texts[place].range(at: valid).count + 4
            texts[place].ends.removeLast()
            texts[place].bytes.removeLast(texts[place].bytes.count - Int(texts[place].ends.last ?? 0))
        }
        byteCount += 64 + fault.message.utf8.count
        faults.append(fault)
        report.add(fault, row: totalCount, place: place)
    }

    mutating func appendText(_ text: UnsafeRawBufferPointer, place: Int) {
        texts[place].bytes.append(contentsOf: text)
        texts[place].ends.append(UInt32(texts[place].bytes.count))
        byteCount += text.count + 4
    }

    // MARK: Columns

    private func column(of slot: InputSlot, count: Int) -> Column {
        switch slot.kind {
        case .string: .text(texts[slot.place])
        case .float: .float(gather(slot.place, count) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
        case .double: .double(gather(slot.place, count) { Double(bitPattern: $0) })
        case .int, .bool: .int(gather(slot.place, count) { Int64(bitPattern: $0) })
        }
    }

    private func gather<Value>(_ place: Int, _ count: Int, _ convert: (UInt64) -> Value) -> [Value] {
        // All empty arrays are one, whose count would be written here, by many threads.
        if count == 0 { return [] }
        return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count {
                buffer.initializeElement(at: index, to: convert(numbers[index * numbersPerRow + place]))
            }
            initialized = count
        }
    }
}
