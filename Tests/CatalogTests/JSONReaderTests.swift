import Catalog
import Testing

/// What RFC 8259 accepts and what it does not, with the places of mistakes.
@Suite struct JSONReaderTests {
    private func read(_ text: String, _ options: JSONReader.Options = .relaxed) -> JSONReader.Result {
        JSONReader.read(Array(text.utf8), options: options)
    }

    @Test(
        arguments: [
            ("null", JSONValue.null), (" true ", .bool(true)), ("0", .integer(0)), ("-0", .integer(0)),
            ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("1.5", .number(1.5)), ("1e3", .number(1000)), ("1E+2", .number(100)), ("25e-1", .number(2.5)),
            ("0.0", .number(0)), ("-0.0", .number(0)), ("0e999999", .number(0)),
            ("5e-324", .number(.leastNonzeroMagnitude)),
            ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)), ("\"\"", .string("")),
            (#""a\"\\\/\b\f\n\r\t""#, .string("a\"\\/\u{8}\u{C}\n\r\t")), (#""\u00e9\u20AC""#, .string("é€")),
            (#""\ud83d\ude00""#, .string("😀")), (#""\u0000""#, .string("\0")), ("\"é😀\"", .string("é😀")),
            ("[]", .array([])), ("[1, [2]]", .array([.integer(1), .array([.integer(2)])])), ("{}", .object([:])),
            (#"{"a": {"b": [null]}}"#, .object(["a": .object(["b": .array([.null])])])),
            ("\u{FEFF}1", .integer(1)),
        ] as [(String, JSONValue)])
    func acceptsStrictJSON(text: String, expected: JSONValue) throws {
        let value = try JSONValue(parsing: text)
        #expect(value == expected)
        #expect(try JSONValue(parsing: value.text) == value)
        #expect(try JSONValue(parsing: value.prettyText) == value)
    }

    @Test(
        arguments: [
            ("// c\n1", JSONValue.integer(1)), ("/* a\n * b */ [1, /**/ 2,]", .array([.integer(1), .integer(2)])),
            ("{\"a\": 1, // x\n}", .object(["a": .integer(1)])),
        ] as [(String, JSONValue)])
    func commentsAndTrailingCommasOnlyWhenRelaxed(text: String, expected: JSONValue) {
        let relaxed = read(text)
        #expect(relaxed.errors.isEmpty)
        #expect(relaxed.node?.value == expected)
        #expect(!read(text, .strict).errors.isEmpty)
    }

    /// Text, then every expected mistake as `line:column` and a part of its message and remedy.
    @Test(
        arguments: [
            ("", ["1:1 empty"]), ("  \n ", ["2:2 empty"]), ("[1", ["1:3 closes the one opened at 1:1"]),
            ("{\"a\": [1}", ["1:9 expected ']'"]), ("[1 2]", ["1:4 add a comma"]), ("[1,,2]", ["1:4 nothing stands"]),
            ("[,]", ["1:2 nothing stands"]), ("{\"a\" 1}", ["1:6 expected ':'"]), ("{\"a\"=1}", ["1:5 '='"]),
            ("{a: 1}", ["1:2 write \"a\""]), ("{'a': 'b'}", ["1:2 double quotes", "1:7 double quotes"]),
            ("{\"a\": 1, \"a\": 2}", ["1:10 duplicate key \"a\": it is already given at 1:2"]),
            ("{\n  \"x\": 1,\n  \"x\": 1,\n  \"x\": 1\n}", ["3:3 given at 2:3", "4:3 given at 2:3"]),
            ("[True, None, NaN, -Infinity]", ["1:2 write true", "1:8 write null", "1:14 finite", "1:19 finite"]),
            (
                "[01, +1, .5, 5., 0x1F, 1_000, 1e, --1]",
                [
                    "1:2 leading zeros", "1:6 leave the '+'", "1:10 write a 0", "1:14 write a digit",
                    "1:18 leading zeros",
                    "1:24 without '_'", "1:31 decimal number", "1:35 decimal number",
                ]
            ),
            ("[hello]", ["1:2 double quotes"]), ("9223372036854775808", ["1:1 64 bits"]),
            ("[1e999, -1e400]", ["1:2 range", "1:9 range"]),
            ("1e-999", ["1:1 range"]), ("\"abc", ["1:1 never closed"]), ("\"ab\ncd\"", ["1:1 not closed on its line"]),
            (#""\x""#, ["1:2 unknown escape"]), (#""\ud800""#, ["1:2 surrogate"]), (#""\ude00a""#, ["1:2 surrogate"]),
            (#""\ud800\u0041""#, ["1:2 surrogate"]), (#""\u12g4""#, ["1:2 four hexadecimal"]),
            ("\"a\tb\"", ["1:3 control"]),
            ("1 2", ["1:3 end of the text"]), ("[1]]", ["1:4 end of the text"]), ("# c\n1", ["1:1 comment"]),
            ("/* x", ["1:1 never closed"]), ("/x", ["1:1 expected '//'"]), ("[1, @]", ["1:5 found '@'"]),
            ("é, [1]", ["1:1 not a JSON value", "1:2 end of the text"]), ("[\"é\", x]", ["1:7 double quotes"]),
            ("\r\n\r[x]", ["3:2 double quotes"]),
        ] as [(String, [String])])
    func reportsEachMistakeWithItsPlace(text: String, expected: [String]) {
        let errors = read(text).errors
        #expect(errors.count == expected.count, "\(errors)")
        for (error, wanted) in zip(errors, expected) {
            let parts = wanted.split(separator: " ", maxSplits: 1)
            #expect("\(error.position.line):\(error.position.column)" == parts[0], "\(error)")
            #expect(error.description.contains(parts[1]), "\(error)")
        }
    }

    @Test func invalidUTF8HasItsPlace() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
            let result = JSONReader.read(Array("[\"é\",\n \"".utf8) + bytes + Array("\"]".utf8))
            #expect(result.node == nil)
            #expect(result.errors.map(\.position) == [SourcePosition(line: 2, column: 3)])
        }
    }

    @Test func depthAndSizeAreLimited() {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(read(deep).errors.isEmpty)
        #expect(read("[" + deep + "]").errors.first?.position == SourcePosition(line: 1, column: 65))
        #expect(read(String(repeating: "{\"a\":", count: 1_000_000)).errors.count == 1)
        var options = JSONReader.Options.strict
        options.maximumBytes = 3
        #expect(read("[12]", options).errors.first?.message.contains("4 bytes") == true)
        #expect(read(String(repeating: "9", count: 2_000_000)).errors.count == 1)
    }

    @Test func nodesKnowPlacesAndOrder() throws {
        let node = try #require(read("// c\n{\n\t\"b\": [1, {\"ü\": 2}],\n  \"a\": 3}").node)
        let members = try #require(node.members)
        #expect(members.map(\.key) == ["b", "a"])
        #expect(members.map(\.keyPosition) == [SourcePosition(line: 3, column: 2), SourcePosition(line: 4, column: 3)])
        #expect(node["b"]?.elements?[1]["ü"]?.position == SourcePosition(line: 3, column: 17))
        #expect(node.text == #"{"b":[1,{"ü":2}],"a":3}"#)
        #expect(node.value.text == #"{"a":3,"b":[1,{"ü":2}]}"#)
    }

    @Test func canonicalTextIsPinned() {
        let value = JSONValue.object([
            "z": .number(1), "a": .number(0.1), "Z": .number(-0.0), "é": .number(1e-7), "m": .number(1e22),
            "n": .number(.nan), "i": .number(-.infinity), "t": .string("\"\\\n\u{1}\u{7F}é"), "w": .number(1.0 / 3),
        ])
        #expect(
            value.text
                == #"{"Z":0.0,"a":0.1,"i":null,"m":1e+22,"n":null,"t":"\"\\\n\u0001\u007fé","w":0.3333333333333333,"z":1.0,"é":1e-07}"#
        )
        #expect(
            JSONValue.array([.array([.integer(1), .integer(2)]), .array([])]).prettyText == "[\n  [1, 2],\n  []\n]")
    }
}
