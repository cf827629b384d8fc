import Core
import Foundation
import Testing

@testable import Intake

/// Which character set a table is read in: the one that its sender says, or that its own columns show, or none.
@Suite struct CharacterSetTests {
    private static let reviews = Signature(inputs: [ModelInput(name: "text", kind: .string, minimumLength: 1)])

    /// Text in a character set, by Foundation's own tables or Python's; never by the code under test.
    private func bytes(_ text: String, _ encoding: String.Encoding) throws -> [UInt8] {
        Array(try #require(text.data(using: encoding)))
    }

    private func scan(
        _ bytes: [UInt8], _ options: CSVOptions = CSVOptions(idColumn: "id")
    ) throws -> (rows: Rows, format: CSVFormat?) {
        var scanner = CSVScanner(signature: Self.reviews, options: options)
        var builder = RowsBuilder(signature: Self.reviews, chunkRows: .max, chunkBytes: 1 << 30)
        let chunks = try scanner.scanAll(bytes, into: &builder)
        return (chunks.first ?? builder.take(), scanner.format)
    }

    private func table(_ rows: [(note: [UInt8], text: [UInt8])]) -> [UInt8] {
        rows.enumerated().reduce(into: Array("id,note,text\r\n".utf8)) { bytes, row in
            bytes += Array("r-\(row.offset),".utf8) + row.element.note + Array(",\"".utf8) + row.element.text
            bytes += Array("\"\r\n".utf8)
        }
    }

    private func refusal(_ body: () throws -> Void) -> IntakeError? {
        #expect(throws: IntakeError.self) { try body() }
    }

    // MARK: What the columns show

    @Test(arguments: ["I don\u{2019}t like it", "Clich\u{E9}s everywhere", "\u{DC}ber bad", "great \u{1F600}"])
    func `bytes of a column that nobody reads never turn UTF-8 into something else`(text: String) throws {
        let latin = Array("M".utf8) + [0xFC] + Array("ller".utf8)
        for note in [latin, [0xC3], [0x89, 0x50, 0xFF, 0xFE], [0x4A, 0xF6, 0x72, 0x67, 0x20] + latin] {
            let rows = Array(repeating: (note, Array(text.utf8)), count: 20)
            let (read, format) = try scan(table(rows))
            #expect(format?.encoding == .utf8 && read.faults.isEmpty)
            #expect(read.texts(0) == Array(repeating: text, count: 20))
        }
    }

    @Test func `a later text in UTF-8 is read though the first ones are ASCII beside names of Latin-1`() throws {
        let names = Array(repeating: (note: [UInt8(0x4D), 0xFC, 0x6C], text: Array("plain".utf8)), count: 50)
        let bytes = table(names + [([], Array("don\u{2019}t".utf8)), ([], [0x64, 0xFC])])
        let (rows, format) = try scan(bytes, CSVOptions(idColumn: "id", sniffedBytes: 100))
        #expect(format?.encoding == .utf8 && rows.texts(0).last == "don\u{2019}t")
        #expect(rows.codes == [.invalidUTF8] && rows.faults[0].message.contains("say the table's `encoding`"))
    }

    @Test(arguments: [
        "I don\u{2019}t like it, it\u{2019}s awful", "She said \u{201C}no\u{201D}",
        "\u{201E}Gru\u{DF}\u{201C} sagte er",
        "M\u{FC}ller", "Ich wei\u{DF} nicht, es ist sch\u{F6}n und gro\u{DF}",
        "D\u{E9}j\u{E0} vu, c\u{2019}est l\u{2019}\u{E9}t\u{E9}",
        "Tr\u{E8}s d\u{E9}\u{E7}u, \u{E7}a ne marche pas", "l\u{2019}\u{153}uvre",
        "El ni\u{F1}o est\u{E1} aqu\u{ED}, \u{BF}qu\u{E9} pas\u{F3}?",
        "S\u{E3}o Paulo, n\u{E3}o \u{E9} bom", "citt\u{E0}, perch\u{E9} no", "\u{C5}sa \u{E4}r h\u{E4}r",
        "S\u{F8}ren p\u{E5} \u{C6}r\u{F8}",
        "12 \u{20AC} f\u{FC}r das \u{D6}l", "\u{DC}BEL UND GRO\u{DF}", "h\u{F4}tel \u{AB}Le Roi\u{BB}",
        "O\u{2019}Brien", "\u{2018}great\u{2019} she said", "presqu\u{2019}\u{EE}le",
    ])
    func `Windows-1252 is taken for what it is, in Western text`(text: String) throws {
        let (rows, format) = try scan(table([([], try bytes(text, .windowsCP1252))]))
        #expect(format?.encoding == .windows1252 && rows.texts(0) == [text] && rows.faults.isEmpty)
    }

    /// Texts as they look when other character sets are read as Windows-1252.
    @Test(arguments: [
        // CP1251, KOI8-R and CP866, also short ones.
        "\u{CE}\u{F2}\u{EB}\u{E8}\u{F7}\u{ED}\u{FB}\u{E9} \u{F2}\u{EE}\u{E2}\u{E0}\u{F0}", "\u{C4}\u{E0}", "\u{E8}",
        "\u{CD}\u{E5}\u{F2}, product",
        "\u{E8}\u{CF}\u{D2}\u{CF}\u{DB}\u{CF}", "\u{E5}\u{AE}\u{E0}\u{AE}\u{E8}\u{AE}",
        // Mac Roman: sch\u{F6}n, Gr\u{FC}\u{DF}e, d\u{E9}j\u{E0}, caf\u{E9}, don\u{2019}t, a quoted word, espa\u{F1}ol, canci\u{F3}n.
        "Das ist sch\u{161}n", "Gr\u{178}\u{A7}e", "Stra\u{A7}e", "d\u{17D}j\u{2C6}", "caf\u{17D}",
        "I don\u{D5}t like it",
        "\u{D2}Great\u{D3} product", "espa\u{2013}ol", "canci\u{2014}n", "est\u{2021}", "h\u{2122}tel", "\u{20AC}rger",
        // CP850 and CP437: sch\u{F6}n, \u{E9}t\u{E9}, Stra\u{DF}e, gro\u{DF}, wei\u{DF}, h\u{F4}tel, fran\u{E7}ais, ma\u{F1}ana.
        "sch\u{201D}n", "\u{201A}t\u{201A}", "Stra\u{E1}e", "gro\u{E1}", "wei\u{E1}", "h\u{201C}tel", "fran\u{2021}ais",
        "ma\u{A4}ana",
        "\u{201E}rgerlich", "canci\u{A2}n", "seg\u{A3}n",
        // CP1250 and CP1254; GBK and Shift-JIS.
        "\u{153}wietna", "bardzo dob\u{B3}a", "de\u{F0}il", "\u{B2}\u{BB}\u{B4}\u{ED}", "\u{90}\u{BB}\u{95}i",
    ])
    func `other character sets are never taken for Windows-1252`(text: String) throws {
        let cell = text.unicodeScalars.map { scalar in
            String(scalar).data(using: .windowsCP1252)?.first ?? UInt8(truncatingIfNeeded: scalar.value)
        }
        let error = refusal { _ = try scan(table([([], cell)])) }
        #expect(error?.code == .ambiguousFormat && error?.message.contains("`encoding`") == true, "\(text)")
    }

    @Test func `numbers and names of columns count, too`() throws {
        let spend = Signature(inputs: [ModelInput(name: "gr\u{F6}\u{DF}e", kind: .float)])
        let header = Array("id;Gr".utf8) + [0xF6, 0xDF] + Array("e\n1;1".utf8) + [0xA0] + Array("234,5\n".utf8)
        let rows = try Samples.scan(header, CSVScanner(signature: spend), spend)
        #expect(rows.floats(0) == [1_234.5] && rows.faults.isEmpty)
    }

    @Test func `a row that contradicts what was guessed fails alone, however the stream is cut`() throws {
        let good = try (0..<30).map { ([UInt8](), try bytes("Gr\u{FC}\u{DF}e \($0)", .windowsCP1252)) }
        let odd: [[UInt8]] = [
            Array("don\u{2019}t".utf8), [0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2], [0x61, 0x81], Array("M\u{FC}ller".utf8),
        ]
        let input = table(good + odd.map { ([], $0) } + [([], [0x64, 0xE9, 0x6A, 0xE0])])
        let options = CSVOptions(idColumn: "id", sniffedBytes: 200)
        let scanner = CSVScanner(signature: Self.reviews, options: options)
        let scan = try RecordScan(input, scanner, Self.reviews)
        #expect(scan.rows.flatMap(\.codes) == Array(repeating: .invalidUTF8, count: 4))
        #expect(scan.rows.last?.count == 0 || scan.rows.flatMap { $0.texts(0) }.last == "d\u{E9}j\u{E0}")
        #expect(scan.resumptions.compactMap(\.self).allSatisfy { $0.isGuessed })
        for step in [1, 7, 64] {
            let cuts = Array(stride(from: 0, to: input.count, by: step))
            #expect(try RecordScan(input, scanner, Self.reviews, cuts: cuts) == scan)
        }
        try scan.expectResumes(input, options, Self.reviews)
    }

    /// A refusal showed `Kundenw\u{FFFD}nsche`, although the very same name was matched as Windows-1252.
    @Test(arguments: [String.Encoding.windowsCP1252, .utf8])
    func `a header that does not fit is shown in letters, whatever its character set is`(set: String.Encoding) throws {
        let table = try bytes("Größe;Käufer\r\n1;2\r\n", set)
        let error = refusal { _ = try Samples.scan(table, CSVScanner(signature: Samples.text), Samples.text) }
        #expect(error?.message.contains("`Größe`, `Käufer`") == true, "\(error?.message ?? "")")
    }

    @Test func `half UTF-8 and half something else is refused`() throws {
        let latin: [(note: [UInt8], text: [UInt8])] = Array(repeating: ([], [0x64, 0xE9, 0x6A, 0xE0]), count: 10)
        let utf8: [(note: [UInt8], text: [UInt8])] = Array(repeating: ([], Array("d\u{E9}j\u{E0}".utf8)), count: 5)
        let mixed = refusal { _ = try scan(table(latin + utf8)) }
        #expect(mixed == .ambiguousFormat(.twoEncodings))
        let (rows, format) = try scan(table(utf8 + utf8 + utf8 + latin))
        #expect(format?.encoding == .utf8 && rows.faults.count == 10)
    }

    // MARK: What is said

    @Test(arguments: [
        ("macintosh", "don\u{D5}t caf\u{8E}", "don\u{2019}t caf\u{E9}"),
        ("IBM850", "\u{82}t\u{82} gro\u{E1}", "\u{E9}t\u{E9} gro\u{DF}"),
        ("ISO-8859-15", "12 \u{A4}", "12 \u{20AC}"), ("latin1", "d\u{E9}j\u{E0}", "d\u{E9}j\u{E0}"),
        ("cp1251", "\u{C4}\u{E0}", "\u{414}\u{430}"),
        ("Shift_JIS", "\u{83}|\u{83}\\", "\u{30DD}\u{30BD}"), ("gbk", "\u{BA}\u{DC}\u{BA}\u{C3}", "\u{5F88}\u{597D}"),
        ("euc-jp", "\u{C0}\u{BD}\u{C9}\u{CA}", "\u{88FD}\u{54C1}"), ("gb18030", "\u{81}0\u{81}0", "\u{80}"),
    ])
    func `a character set that is said is used, by iconv's name`(name: String, sent: String, text: String) throws {
        let cell = sent.unicodeScalars.map { UInt8($0.value) }
        let encoding = try #require(CSVEncoding(rawValue: name))
        let bytes = table([(cell, cell), ([], Array("plain".utf8))])
        let scanner = CSVScanner(
            signature: Self.reviews, options: CSVOptions(encoding: encoding, idColumn: "id", sniffedBytes: 16))
        let scan = try RecordScan(bytes, scanner, Self.reviews)
        // U+0080 is a control character, which no text has.
        let isControl = text == "\u{80}"
        #expect(scan.rows.flatMap { $0.texts(0) } == (isControl ? [] : [text]) + ["plain"])
        for cut in stride(from: 0, to: bytes.count, by: 3) {
            #expect(try RecordScan(bytes, scanner, Self.reviews, cuts: [cut]) == scan)
        }
        try scan.expectResumes(bytes, CSVOptions(idColumn: "id"), Self.reviews)
    }

    @Test(arguments: [
        "", "latin", "utf-8//IGNORE", "utf 8", "utf-8,", "../gconv", "x-unknown", "iso-2022-jp", "utf-7", "ibm037",
        "johab",
        String(repeating: "a", count: 41), "utf\u{2010}8",
    ])
    func `names that iconv does not know, and sets that no table can be split in, are none`(name: String) {
        #expect(CSVEncoding(rawValue: name) == nil)
    }

    @Test func `names of one character set agree`() throws {
        for (one, other, agrees) in [
            ("latin1", "ISO-8859-1", true), ("utf8", "UTF-8", true), ("cp1252", "windows-1252", true),
            ("iso-8859-1", "windows-1252", false), ("utf-16le", "ucs-2le", true), ("utf-16le", "utf-16be", false),
            ("utf-8", "latin1", false), ("macintosh", "mac", true),
        ] {
            let (first, second) = (
                try #require(CSVEncoding(rawValue: one)), try #require(CSVEncoding(rawValue: other))
            )
            #expect(first.agrees(with: second) == agrees, "\(one), \(other)")
        }
    }

    @Test func `bytes of Windows in text that is said to be ISO-8859-1 fail their row`() throws {
        let latin = try #require(CSVEncoding(rawValue: "iso-8859-1"))
        let cells: [[UInt8]] = [[0x64, 0xE9], Array("don".utf8) + [0x92, 0x74]]
        let rows = try scan(table(cells.map { ([], $0) }), CSVOptions(encoding: latin)).rows
        #expect(rows.texts(0) == ["d\u{E9}"] && rows.codes == [.invalidUTF8])
        #expect(rows.faults[0].message.contains("`iso-8859-1`"))
    }

    @Test(arguments: [
        ("utf-16le", String.Encoding.utf16LittleEndian, [UInt8]()), ("utf-16be", .utf16BigEndian, []),
        ("utf-16", .utf16LittleEndian, [0xFF, 0xFE]), ("UTF-16LE", .utf16LittleEndian, [0xFF, 0xFE]),
        ("utf-32", .utf32BigEndian, [0, 0, 0xFE, 0xFF]), ("ucs-4le", .utf32LittleEndian, []),
        ("", .utf32LittleEndian, [0xFF, 0xFE, 0, 0]), ("", .utf16BigEndian, [0xFE, 0xFF]),
    ])
    func `wide characters are read, with a mark or as they are said to be`(
        name: String, form: String.Encoding, mark: [UInt8]
    ) throws {
        let input = mark + (try bytes("id,text\r\nr-1,\"don\u{2019}t \u{1F600}\"\r\r\nr-2,b\r\n", form))
        let options = CSVOptions(encoding: CSVEncoding(rawValue: name), idColumn: "id", sniffedBytes: 20)
        let scanner = CSVScanner(signature: Self.reviews, options: options)
        let scan = try RecordScan(input, scanner, Self.reviews)
        #expect(scan.rows.flatMap { $0.texts(0) } == ["don\u{2019}t \u{1F600}", "b"])
        scan.expectCover(input)
        for cut in 0...input.count { #expect(try RecordScan(input, scanner, Self.reviews, cuts: [cut]) == scan) }
        try scan.expectResumes(input, options, Self.reviews)
    }

    @Test func `what a mark contradicts, and what lacks one, is refused with the remedy`() throws {
        let table = "id,text\nr-1,a\n"
        for (mark, form, name, ambiguity) in [
            ([0xEF, 0xBB, 0xBF], String.Encoding.utf8, "windows-1252", CSVAmbiguity.contradictingMark),
            ([0xFF, 0xFE], .utf16LittleEndian, "utf-8", .contradictingMark),
            ([0xFF, 0xFE], .utf16LittleEndian, "utf-16be", .contradictingMark),
            ([], .utf16LittleEndian, "utf-16", .byteOrder), ([], .utf16LittleEndian, "", .noMark),
            ([], .utf16BigEndian, "", .noMark), ([], .utf32LittleEndian, "utf-32", .byteOrder),
        ] as [([UInt8], String.Encoding, String, CSVAmbiguity)] {
            let input = mark + (try bytes(table, form))
            let error = refusal { _ = try scan(input, CSVOptions(encoding: CSVEncoding(rawValue: name))) }
            #expect(error == .ambiguousFormat(ambiguity), "\(name)")
        }
    }

    @Test func `cells are added in the table's own character set`() throws {
        for (name, text, expected) in [
            ("macintosh", "\u{E9}\u{2019}\u{416}", [UInt8(0x8E), 0xD5] + Array("\\u0416".utf8)),
            ("shift_jis", "\u{88FD}", [0x90, 0xBB]),
            ("utf-32be", "\u{1F600}", [0, 1, 0xF6, 0]),
        ] {
            let encoding = try #require(CSVEncoding(rawValue: name))
            let writer = CSVExtension(
                format: CSVFormat(delimiter: .comma, decimal: .point, thousands: .none, encoding: encoding),
                isBigEndian: true)
            var output: [UInt8] = []
            writer.append(.text(text), to: &output)
            #expect(output == expected)
        }
    }
}
