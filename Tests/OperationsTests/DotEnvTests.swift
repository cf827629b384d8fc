import Testing

@testable import Operations

@Suite struct DotEnvTests {
    @Test func `lines, comments, quotes and exports are read`() throws {
        let values = try DotEnv.parse(
            """
            # a comment
            A=1
              B = two words
            export C=3

            D="quoted # not a comment" # a comment
            E='single "inside"'
            F=value # a comment
            G=a#b
            H=
            I=x=y
            A=later
            """)
        #expect(
            values == [
                "A": "later", "B": "two words", "C": "3", "D": "quoted # not a comment", "E": "single \"inside\"",
                "F": "value", "G": "a#b", "H": "", "I": "x=y",
            ])
    }

    /// Swift holds "\r\n" for one character, so a file saved on Windows was one long line: its first value took all.
    @Test func `a file with the line ends of Windows is read line by line`() throws {
        #expect(try DotEnv.parse("A=1\r\nB='2'\r\n\r\n# c\r\nC=3\r\n") == ["A": "1", "B": "2", "C": "3"])
    }

    @Test(arguments: [("A=1\nnonsense", 2), ("=1", 1), ("A=1\r\n\r\nexport\r\n", 3)])
    func `a line that is no assignment is refused by its number`(text: String, line: Int) {
        #expect(throws: UsageError("Line \(line) of .env is not NAME=value.")) { try DotEnv.parse(text) }
    }

    @Test func `a quote that does not end is refused by its line`() {
        #expect(throws: UsageError("The quote on line 2 of .env does not end.")) { try DotEnv.parse("A=1\nB=\"x") }
    }

    @Test func `nothing is no values`() throws {
        #expect(try DotEnv.parse("") == [:])
        #expect(try DotEnv.parse("\n \n#\n") == [:])
    }
}
