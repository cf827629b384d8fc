import Testing

@testable import Operations

@Suite struct CommandSyntaxTests {
    private let syntax = CommandSyntax(
        "predict", "Predicts.", operands: ["FILE"],
        options: [
            .init("--limit", value: "ROWS", "Rows."), .init("--json", "As JSON."),
        ],
        settings: [.database, .leaseSeconds])

    @Test func `options, settings and operands are told apart in any order`() throws {
        let arguments = try syntax.parse(["--limit", "5", "a.csv", "--json", "--database=x=y"])
        #expect(arguments.operands == ["a.csv"])
        #expect(arguments.value("--limit") == "5")
        #expect(arguments.has("--json"))
        #expect(!arguments.has("--help"))
        #expect(arguments.settings == ["SIBYL_DATABASE": "x=y"])
    }

    @Test func `after two dashes and for one dash alone a word is an operand`() throws {
        #expect(try syntax.parse(["--", "--json"]).operands == ["--json"])
        #expect(try syntax.parse(["-"]).operands == ["-"])
    }

    @Test func `every command takes the word for help`() throws {
        #expect(try CommandSyntax("up", "Runs.").parse(["--help"]).has("--help"))
    }

    @Test(arguments: [
        (
            ["--limt", "5"],
            "`sibyl predict` has no option --limt; did you mean --limit? `sibyl predict --help` lists them."
        ),
        (
            ["--databas=x"],
            "`sibyl predict` has no option --databas; did you mean --database? `sibyl predict --help` lists them."
        ),
        (["-x"], "`sibyl predict` has no option -x. `sibyl predict --help` lists them."),
        (["--limit"], "--limit needs a value."),
        (["--json=1"], "--json takes no value."),
        (["a", "b"], "`sibyl predict` takes FILE."),
    ])
    func `a slip is told in one line with its remedy`(words: [String], message: String) {
        #expect(throws: UsageError(message)) { try syntax.parse(words) }
    }

    @Test func `a command without operands says so`() {
        #expect(throws: UsageError("`sibyl up` takes no operand.")) { try CommandSyntax("up", "Runs.").parse(["x"]) }
    }

    @Test func `a whole number is read within its range`() throws {
        #expect(try syntax.parse(["--limit=3"]).integer("--limit", in: 1...3) == 3)
        #expect(try syntax.parse([]).integer("--limit", in: 1...3) == nil)
        for wrong in ["0", "4", "x", "", "1.0"] {
            #expect(throws: UsageError("--limit must be a whole number from 1 to 3.")) {
                try syntax.parse(["--limit=\(wrong)"]).integer("--limit", in: 1...3)
            }
        }
    }

    @Test func `an option may say something more than once`() throws {
        let arguments = try syntax.parse(["--limit=a=1", "--limit", "b=2=3"])
        #expect(try arguments.pairs("--limit").map { "\($0.name):\($0.value)" } == ["a:1", "b:2=3"])
        #expect(arguments.value("--limit") == "b=2=3")
        #expect(try syntax.parse([]).pairs("--limit").isEmpty)
        for wrong in ["a", "=1", "a="] {
            #expect(throws: UsageError("--limit must be two texts with = between them.")) {
                try syntax.parse(["--limit", wrong]).pairs("--limit")
            }
        }
    }

    @Test func `a number and a word are read within their bounds`() throws {
        #expect(try syntax.parse(["--limit=0.5"]).number("--limit", in: 0...1) == 0.5)
        #expect(throws: UsageError("--limit must be a number from 0.0 to 1.0.")) {
            try syntax.parse(["--limit=nan"]).number("--limit", in: 0...1)
        }
        #expect(try syntax.parse(["--limit=low"]).choice("--limit", of: ["high", "low"]) == "low")
        #expect(throws: UsageError("--limit must be high or low.")) {
            try syntax.parse(["--limit=x"]).choice("--limit", of: ["high", "low"])
        }
    }

    @Test func `the help names every option with its meaning and default`() {
        #expect(
            CommandSyntax("one", "Does one thing.", operands: ["FILE"], settings: [.groupCommit]).help == """
                usage: sibyl one FILE [options]
                Does one thing.

                  --group-commit VALUE  \(Setting.groupCommit.meaning)
                  --help                Shows this.

                Unless said otherwise:
                  --group-commit is on

                """)
    }
}

@Suite struct EditDistanceTests {
    @Test(arguments: [
        ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("ab", "ba", 2),
        ("flaw", "lawn", 2), ("limit", "limt", 1),
    ])
    func `the distance is the least number of letters to change`(left: String, right: String, distance: Int) {
        #expect(EditDistance.distance(left, right) == distance)
        #expect(EditDistance.distance(right, left) == distance)
    }

    @Test func `the nearest word is told when it is near, and none when all are far`() {
        let words = ["submit", "status", "results"]
        #expect(EditDistance.nearest(to: "sumbit", among: words) == "submit")
        #expect(EditDistance.nearest(to: "reslts", among: words) == "results")
        #expect(EditDistance.nearest(to: "xyz", among: words) == nil)
        #expect(EditDistance.nearest(to: "submit", among: []) == nil)
    }
}
