import Catalog
import Foundation
import Reports
import Testing

/// JSON read by JSONDecoder: JSONSerialization on Linux is off by units in the last place.
enum TestJSON: Decodable, Equatable {
    case null
    case flag(Bool)
    case value(Double)
    case string(String)
    case array([TestJSON])
    case object([String: TestJSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .value(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let elements = try? container.decode([TestJSON].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: TestJSON].self))
        }
    }

    static func parse(_ text: String) throws -> TestJSON {
        try JSONDecoder().decode(TestJSON.self, from: Data(text.utf8))
    }

    subscript(key: String) -> TestJSON? {
        if case .object(let members) = self { return members[key] }
        return nil
    }

    var elements: [TestJSON]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    var number: Double? {
        if case .value(let number) = self { return number }
        return nil
    }
}

@Suite struct RenderingTests {
    /// A reader of RFC 4180, by scalars, written for this test.
    private func parseCSV(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = String.UnicodeScalarView()
        var isQuoted = false
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if isQuoted {
                if scalar == "\"", index + 1 < scalars.count, scalars[index + 1] == "\"" {
                    field.append(scalar)
                    index += 1
                } else if scalar == "\"" {
                    isQuoted = false
                } else {
                    field.append(scalar)
                }
            } else if scalar == "\"" {
                isQuoted = true
            } else if scalar == "," || scalar == "\r" {
                record.append(String(field))
                field = .init()
                if scalar == "\r" {
                    records.append(record)
                    record = []
                    index += 1
                }
            } else {
                field.append(scalar)
            }
            index += 1
        }
        return records
    }

    @Test(arguments: ["complete", "troubled", "hostile"])
    func csvAndJSONAgreeToTheLastBit(_ name: String) throws {
        let runs = ["complete": Example.complete, "troubled": Example.troubled, "hostile": Example.hostile][name] ?? []
        let report = try Example.report(runs)
        let records = parseCSV(ReportFormat.csv.render(report))
        let object = try TestJSON.parse(ReportFormat.json.render(report))
        #expect(object["schema"] == .string("flowexp.report/1"))
        let rows = try #require(object["rows"]?.elements)
        #expect(records.count == rows.count + 1 && !rows.isEmpty)
        for (record, row) in zip(records.dropFirst(), rows) {
            #expect(record.count == records[0].count)
            let fields = Dictionary(uniqueKeysWithValues: zip(records[0], record))
            for (column, value) in [
                ("mean", row["mean"]), ("sd", row["sd"]), ("ciLower", row["ci95"]?.elements?[0]),
                ("ciUpper", row["ci95"]?.elements?[1]), ("delta", row["delta"]), ("p", row["p"]),
                ("deltaCILower", row["deltaCI95"]?.elements?[0]), ("pHolm", row["pHolm"]),
                ("floorSD", row["floor"]?["sd"]), ("failed", row["failed"]), ("n", row["n"]),
            ] {
                #expect(fields[column].flatMap(Double.init)?.bitPattern == value?.number?.bitPattern, "\(column)")
            }
            #expect(fields["task"]?.contains("\u{1B}") == false)
        }
    }

    /// The numbers written are the numbers calculated.
    @Test func jsonNumbersReadBackExactly() throws {
        let report = try Example.report(Example.complete)
        let rows = try #require(try TestJSON.parse(ReportFormat.json.render(report))["rows"]?.elements)
        for (row, expected) in zip(rows, report.sections[0].rows) {
            #expect(row["mean"]?.number == expected.mean)
            #expect(row["values"]?.elements?.compactMap(\.number) == expected.values)
        }
        for value in [0.1, 1e-5, 5e-300, -0.0, 1.7976931348623157e308, 12345678.9] {
            #expect(Double(JSONText.number(value))?.bitPattern == value.bitPattern)
        }
        #expect(JSONText.number(.nan) == "null" && JSONText.number(.infinity) == "null")
        #expect(JSONText.canonical(.number(2)) == JSONText.canonical(.integer(2)))
    }

    @Test func whatNoRowCanReachIsSaid() throws {
        func notes(_ runs: [ReportRun], _ metrics: [String] = ["mmd"]) throws -> [String] {
            ReportFormat.table.render(try Example.report(runs, metrics)).split(separator: "\n").map(String.init)
                .filter { $0.contains("cannot be below") }
        }
        // Four comparisons of five pairs: 2/2⁵ and four times that; two tasks by five seeds pool to ten units.
        #expect(
            try notes(Example.complete) == [
                "With 5 pairs a row's p cannot be below 0.0625 (2/2ⁿ), and no adjusted p below 0.25 (4 comparisons): "
                    + "no single row can be significant at 0.05. Read the pooled line and the intervals of Δ, or run more seeds."
            ])
        let alone = Example.complete.filter { $0.id.contains("two-moons") && $0.id.contains("-8-") }
        #expect(
            try notes(alone) == [
                "With 5 pairs a row's p cannot be below 0.0625 (2/2ⁿ): no single row can be significant at 0.05. "
                    + "More seeds are needed."
            ])
        let equal = alone.map { run in
            var equal = run
            if run.seed == 0 { equal.metrics = Example.mmd(0.5) }
            return equal
        }
        #expect(
            try notes(equal)[0].hasPrefix(
                "With 5 pairs a row's p cannot be below 0.125 (2/2ⁿ), as equal pairs do not count: no single row"))
        // Six pairs and one comparison can.
        #expect(
            try notes(Example.troubled) == ["With 6 pairs a row's p cannot be below 0.0313 (2/2ⁿ), before adjustment."])
        let uneven = Example.complete.filter { !$0.id.contains("two-moons") || $0.seed < 3 }
        #expect(
            try notes(uneven)[0].hasPrefix(
                "With 5 pairs a row's p cannot be below 0.0625 (2/2ⁿ), with the fewest not below 0.25, and"))
    }

    @Test func whatSeveralMetricsShareIsSaidOnce() throws {
        let runs = Example.complete.map { run in
            var both = run
            both.metrics["kl"] = run.metrics["mmd"]
            both.metrics["mode-tv"] = run.metrics["mmd"]
            return both
        }
        for format in [ReportFormat.table, .markdown] {
            let text = format.render(try Example.report(runs, ["mmd", "kl", "mode-tv"]))
            #expect(text.components(separatedBy: "cannot be below").count == 2, "\(format)")
            #expect(text.components(separatedBy: "within the noise floor").count == 2, "\(format)")
        }
        // Tables of a paper stand alone.
        let latex = ReportFormat.latex.render(try Example.report(runs, ["mmd", "kl"]))
        #expect(latex.components(separatedBy: "cannot be below").count == 3)
    }

    @Test func whatEveryRowHasAlikeGoesIntoTheCaption() throws {
        let text = ReportFormat.latex.render(try Example.report(Example.complete))
        #expect(
            text.contains("\\caption{mmd (lower is better)")
                && text.contains(" $\\cdot$ n = 5 $\\cdot$ floor = 0 $\\pm$ .0002}"))
        #expect(text.contains("task & depth & base & mmd & $\\Delta$ & p \\\\"))
        let uneven = Example.complete.filter { $0.base != "gmm" || $0.seed > 0 }
        #expect(ReportFormat.latex.render(try Example.report(uneven)).contains("task & depth & base & n & mmd"))
    }

    @Test func noFormatLetsAHostileNameThrough() throws {
        let report = try Example.report(Example.hostile, sweeps: ["\u{1B}]0;x\u{7}\n\n# heading"])
        for format in ReportFormat.allCases {
            let text = format.render(report)
            for forbidden: Unicode.Scalar in ["\u{1B}", "\u{0}", "\u{7}", "\u{202E}"] {
                #expect(!text.unicodeScalars.contains(forbidden), "\(format)")
            }
        }
        let markdown = ReportFormat.markdown.render(report)
        #expect(!markdown.contains("<script>") && !markdown.contains("a|b"))
    }

    /// Expected texts by hand.
    @Test func numbersShowWhatIsKnown() {
        func estimate(_ mean: Double, _ low: Double, _ high: Double) -> String {
            let (text, interval) = NumberText.estimate(mean, Interval(low, high))
            return "\(text) \(interval)"
        }
        #expect(estimate(0.0412, 0.0381, 0.0443) == "0.0412 [.038, .044]")
        #expect(estimate(-0.0411, -0.0432, -0.0390) == "−0.0411 [−.043, −.039]")
        #expect(estimate(0.05, 0.04804, 0.05196) == "0.0500 [.0480, .0520]")
        #expect(estimate(1234.5, 1000, 1469) == "1235 [1000, 1469]")
        #expect(estimate(8, 8, 8) == "8 [8, 8]")
        #expect(estimate(1e-12, 0.5e-12, 1.5e-12) == "1e−12 [5e−13, 1.5e−12]")
        #expect(estimate(-0.00001, -0.0003, 0.0003) == "−0.00001 [−.0003, .0003]")
        #expect(NumberText.estimate(nil, nil).mean == "—")
        // Whether 0 is inside can be seen.
        #expect(estimate(-0.032, -0.066, 0.002) == "−0.032 [−.07, .002]")
        #expect(estimate(-0.034, -0.066, -0.002) == "−0.034 [−.07, −.002]")
        #expect(estimate(0.033, -0.0004, 0.066) == "0.033 [−.0004, .07]")
        #expect(estimate(0.033, 0, 0.066) == "0.033 [.00, .07]")
        #expect(estimate(0.03, 9.6e-7, 0.06) == "0.030 [1e−6, .06]")
        #expect(estimate(40, -0.3, 80) == "40 [−.3, 80]")
        #expect(estimate(207_391_162_741_560, -354e12, 769e12) == "2.1e14 [−4e14, 8e14]")
        #expect(estimate(3, -4e9, 4e9) == "3 [−4e9, 4e9]")
        #expect(estimate(12_345_678, 12_345_000, 12_346_356) == "1.234568e7 [1.2345e7, 1.23464e7]")
        #expect(
            NumberText.plain(0.03981) == "0.0398" && NumberText.plain(0) == "0" && NumberText.plain(123456) == "123456")
        #expect(NumberText.plain(0.00001) == "0.00001" && NumberText.plain(1.5e-7) == "1.5e−7")
        #expect(NumberText.fixed(0.9996, decimals: 3) == "1.000" && NumberText.fixed(-0.0001, decimals: 2) == "0.00")
        #expect(NumberText.fixed(99.95, decimals: 1) == "100.0" && NumberText.fixed(0.5, decimals: 0) == "1")
        #expect(NumberText.scientific(9.99e-9, significant: 2) == "1e−8")
        #expect(NumberText.p(0.0625) == "0.063" && NumberText.p(0.25) == "0.25" && NumberText.p(0.00002) == "<0.0001")
        #expect(NumberText.p(1) == "1.00" && NumberText.p(nil) == "—")
        #expect(NumberText.floor(ReportFloor(mean: 0.00001, standardDeviation: 0.0002, repetitions: 20)) == "0 ± .0002")
        #expect(
            NumberText.floor(ReportFloor(mean: 0.0563, standardDeviation: 0.0031, repetitions: 20)) == "0.056 ± .003")
        #expect(NumberText.floor(ReportFloor(mean: 0.5, standardDeviation: 0, repetitions: 0)) == "0.5")
    }

    /// Against Foundation's formatting, over many magnitudes; ties are the only place where they may differ.
    @Test func fixedAgreesWithPrintf() {
        for index in 0..<2000 {
            let value = Double(index * index * 37 % 10_007) / 977 * (index % 2 == 0 ? 1 : -0.001)
            for decimals in 0...5 {
                let magnitude = String(format: "%.\(decimals)f", abs(value))
                let isNegative = value < 0 && Double(magnitude) != 0
                #expect(NumberText.fixed(value, decimals: decimals) == (isNegative ? "−" : "") + magnitude)
            }
        }
    }

    @Test func textTablesAlignAndFit() {
        let table = TextTable(
            columns: [.init("name", minimumWidth: 4), .init("数", .right), .init("note", dropOrder: 1)],
            rows: [["long enough", "1", "x"], ["日本", "12", ""], ["e\u{301}", "3"]])
        #expect(
            table.render().text == """
                name         数  note
                long enough   1  x
                日本         12
                e\u{301}             3
                """)
        let (text, dropped) = table.render(width: 12)
        #expect(dropped == ["note"])
        #expect(text.split(separator: "\n").allSatisfy { DisplayText.width(String($0)) <= 12 })
        #expect(text.contains("long en…"))
        #expect(DisplayText.visible("a\u{1B}[0m\n\u{202E}") == "a\\u{1b}[0m\\u{a}\\u{202e}")
        #expect(DisplayText.truncated("日本語", to: 5) == "日本…" && DisplayText.truncated("abc", to: 0) == "")
        #expect(DisplayText.wrapped("one two three", width: 8) == "one two\n  three")
    }

    @Test func markdownEscapesABarWithACombiningMark() throws {
        let runs = ["a|\u{301}b", "c"].flatMap { task in
            (0..<2).map { Example.run(task: task, base: "gaussian", seed: $0, metrics: Example.mmd(0.5)) }
        }
        let scalars = Array(ReportFormat.markdown.render(try Example.report(runs)).unicodeScalars)
        let places = scalars.indices.dropFirst(2).filter { scalars[$0] == "\u{301}" && scalars[$0 - 1] == "|" }
        #expect(!places.isEmpty && places.allSatisfy { scalars[$0 - 2] == "\\" })
    }

    @Test func jsonIsMadeVisibleWithoutChangingIt() throws {
        let json = "{\n\t\"a\u{202E}\": \"\u{9B}\u{E0001}é日\u{2028}\\u0000\"\n}"
        let visible = JSONText.visible(json)
        #expect(
            visible.unicodeScalars.allSatisfy {
                $0 == "\n" || $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x9B && $0.value != 0x202E)
            })
        #expect(try TestJSON.parse(visible) == TestJSON.parse(json))
        #expect(JSONText.visible("{\"a\": \"é\"}") == "{\"a\": \"é\"}")
    }
}
