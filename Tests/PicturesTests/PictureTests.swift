import Foundation
import Pictures
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Charts draw well-formed SVG from any numbers and any names, and give the numbers back.
struct PictureTests {
    static let hostile = "<script>alert(1)</script> & \"x\" 'y' \u{0}\u{1B}[31m\u{202E}"
    static let numbers: [Double] = [
        0, -1, 1e-300, 1e300, -1e308, .infinity, -.infinity, .nan, Double.leastNonzeroMagnitude, 0.25,
    ]

    static func figures(name: String) -> [Figure] {
        let entries = numbers.indices.map { index in
            IntervalChart.Entry(
                place: index % 3, mean: numbers[index], interval: index % 2 == 0 ? nil : -1e9...1e9, values: numbers)
        }
        let curves = [CurveChart.Curve(x: numbers, y: numbers.reversed()), CurveChart.Curve(x: [1, 2], y: [1, 2])]
        let panel = DensityChart.Panel(title: name, note: name, values: (0..<16).map { numbers[$0 % numbers.count] })
        let density = DensityChart(
            name: "d", title: name, coordinates: (name, "y"), window: (0...1, -1...1), cells: 4, truth: panel,
            others: [panel])
        return [
            IntervalChart(
                name: "i", title: name, placeTitle: name, places: [name, "b", "c"], valueTitle: name,
                series: [(name, entries), ("other", [])], floors: [nil, (mean: 0, band: -1...1), nil]
            ).figure(),
            CurveChart(
                name: "c", title: name, caption: name, horizontalTitle: name, verticalTitle: name,
                series: [(name, curves), ("none", [])], prefersLogarithm: true
            ).figure(),
            CurveChart(
                name: "k", title: name, caption: name, horizontalTitle: "x", verticalTitle: "y",
                series: [(name, curves)], ideal: .init(name: name, points: numbers.map { ($0, $0) })
            ).figure(),
            ScatterChart(
                name: "s", title: name, horizontalTitle: name, verticalTitle: name,
                series: [(name, numbers.map { .init(label: name, x: $0, y: -$0) })], lowerIsBetter: true
            ).figure(),
            MatrixChart(
                name: "m", title: name, caption: name, names: [name, "b"], valueTitles: [name],
                entries: [
                    [nil, .init(strength: .nan, text: name, note: name, values: [.nan])],
                    [.init(strength: 9, text: "", note: "", values: [nil])],
                ]
            ).figure(),
            HistogramChart(
                name: "h", title: name, caption: name,
                histograms: [
                    .init(series: name, quantity: name, counts: [1, 2]),
                    .init(series: "b", quantity: "none", counts: []),
                ]
            ).figure(),
            DotChart(
                name: "o", title: name, valueTitle: name,
                groups: [
                    (
                        name,
                        numbers.map {
                            .init(
                                label: name, series: 9, mean: $0, interval: -1e9...1e9, values: numbers,
                                floor: (mean: $0, band: 0...1))
                        }
                    ), ("none", []),
                ]
            ).figure(),
        ] + (density.map { [$0.figure()] } ?? [])
    }

    @Test("every chart is well-formed XML, whatever it is given", arguments: 0..<8)
    func wellFormed(index: Int) throws {
        let figure = try #require(Self.figures(name: Self.hostile).dropFirst(index).first)
        for text in [figure.document, "<p>\(figure.inline(id: "a"))</p>"] {
            let parser = XMLParser(data: Data(text.utf8))
            #expect(parser.parse(), "\(figure.name): \(String(describing: parser.parserError))")
            #expect(!text.contains("<script"))
            #expect(!text.contains("nan") && !text.contains("inf\""), "\(figure.name)")
        }
        #expect(figure.width.isFinite && figure.height.isFinite && figure.height > 0)
    }

    @Test("text is broken into lines that fit, and nothing of it is lost")
    func wrapped() {
        let names = [
            "gaussian, objective likelihood-weighted, draws 28200", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "short", "", "多峰性事後分布の推論のための正規化流",
        ]
        for name in names {
            let lines = PictureText.wrapped(name, width: 120)
            #expect(lines.joined().filter { $0 != " " } == name.filter { $0 != " " }, "\(lines)")
            for line in lines { #expect(PictureText.width(of: line) <= 120, "\(line)") }
        }
        #expect(PictureText.wrapped("gaussian, objective alpha", width: 120) == ["gaussian,", "objective alpha"])
        // Nothing grows without bounds either.
        let cut = PictureText.wrapped(String(repeating: "b", count: 10_000), width: 120)
        #expect(cut.count == 6 && cut[5].hasSuffix("…"))
    }

    @Test("a picture's description says its numbers")
    func descriptions() throws {
        let interval = IntervalChart(
            name: "i", title: "T", placeTitle: "depth", places: ["4", "8"], valueTitle: "kl",
            series: [("gmm", [.init(place: 1, mean: 0.25, interval: 0.125...0.5, values: [])])], floors: [nil, nil]
        ).figure()
        #expect(interval.summary == "gmm, depth 8: 0.25 (0.125 to 0.5).")
        let curve = CurveChart(
            name: "c", title: "T", caption: "", horizontalTitle: "steps", verticalTitle: "loss",
            series: [("gmm", [.init(x: [1, 2], y: [4, 1]), .init(x: [1, 2], y: [6, 3])])]
        ).figure()
        #expect(curve.summary == "gmm: median from 5 at 1 to 2 at 2, there between 1 and 3 over 2 seeds.")
        // Four equal cells of truth; the flow has half of its mass in a cell where the truth has nothing.
        let density = try #require(
            DensityChart(
                name: "d", title: "T", coordinates: ("x", "y"), window: (0...1, 0...2), cells: 3,
                truth: .init(title: "exact", values: [1, 1, 0, 1, 1, 0, 0, 0, 0]),
                others: [.init(title: "gmm", note: "a note", values: [1, 1, 0, 1, 1, 0, 0, 0, 4])])
        ).figure()
        #expect(
            density.summary
                == "x from 0 to 1, y from 0 to 2; exact: 0 % of its mass outside the outline; "
                + "gmm: 50 % of its mass outside the outline, a note.")
        #expect(density.document.contains("<desc id=\"description\">Upper row: density;"))
        #expect(density.document.contains("go by the square root. x from 0 to 1, y from 0 to 2; exact"))
        let histogram = HistogramChart(
            name: "h", title: "T", caption: "",
            histograms: [.init(series: "gmm", quantity: "log q", counts: [100, 100, 100, 60])]
        ).figure()
        #expect(histogram.summary == "gmm, log q: counts 60 to 100 where 90 ± 16.4 are expected, 1 of 4 outside.")
    }

    @Test("a smoothed outline still holds 95 % of the truth, however narrow its modes are")
    func smoothedOutline() throws {
        // Four equal cells far apart, and a twentieth of the mass thinly everywhere else.
        var values = [Double](repeating: 0.05 / (400 - 4), count: 400)
        for cell in [84, 95, 304, 315] { values[cell] = 0.95 / 4 }
        let figure = try #require(
            DensityChart(
                name: "d", title: "T", coordinates: ("x", "y"), window: (0...1, 0...1), cells: 20,
                truth: .init(title: "exact", values: values), others: [], smoothsOutline: true)
        ).figure()
        let share = try #require(figure.summary.firstMatch(of: /exact: ([0-9.]+) %/).flatMap { Double($0.1) })
        #expect(share > 4 && share <= 5.1, "\(figure.summary)")
    }

    @Test("estimates that scatter about zero leave an axis of decades logarithmic; real negative values do not")
    func noiseAboutZero() {
        let noise = PictureScale([-1e-6, 3e-6, 0.02, 1.7], prefersLogarithm: true)
        #expect(noise.isLogarithmic && noise.ticks.first == 1e-6 && noise.fraction(-1e-6) < 0)
        #expect(!PictureScale([-0.3, 0.01, 2], prefersLogarithm: true).isLogarithmic)
        // A linear axis does not begin a whole step below zero for such a value.
        #expect(PictureScale([-1e-6, 0.02]).ticks.first == 0)
    }

    @Test("large numbers close together have different labels")
    func closeLabels() {
        let scale = PictureScale([6_009_940, 6_010_000])
        #expect(Set(scale.ticks.map(scale.label)).count == scale.ticks.count, "\(scale.ticks.map(scale.label))")
    }

    @Test("charts of nothing are drawn")
    func empty() {
        let figure = CurveChart(
            name: "c", title: "", caption: "", horizontalTitle: "", verticalTitle: "", series: []
        ).figure()
        #expect(XMLParser(data: Data(figure.document.utf8)).parse())
        #expect(
            DensityChart(
                name: "d", title: "", coordinates: ("x", "y"), window: (0...1, 0...1), cells: 4,
                truth: .init(title: "", values: [1]), others: []) == nil)
    }

    @Test("the csv holds every number to the last bit")
    func csv() throws {
        let values = [0.1, 1.0 / 3, 6.02e23]
        let figure = IntervalChart(
            name: "i", title: "", placeTitle: "", places: ["a, \"b\""], valueTitle: "kl (nats)",
            series: [("s", [.init(place: 0, mean: 0.2, interval: nil, values: values)])], floors: [nil]
        ).figure()
        let lines = figure.csv.components(separatedBy: "\r\n")
        #expect(lines[0] == "series,place,kind,kl (nats),lower,upper")
        #expect(lines[1] == "s,\"a, \"\"b\"\"\",mean,0.2,,")
        let read = lines.filter { $0.contains(",seed,") }.compactMap { Double($0.components(separatedBy: ",")[4]) }
        #expect(read == values)
    }

    @Test(
        "ticks are round, ascending and hold the values",
        arguments: [
            [0.0, 1], [3, 97], [-2e-5, 4e-5], [1e6, 1e6 + 3], [5, 5], [0, 0], [-1e300, 1e300], [3e-308, 6e-308],
            [0.001, 1000], [1e-12, 1e12],
        ] as [[Double]], [false, true])
    func ticks(values: [Double], logarithmic: Bool) {
        let scale = PictureScale(values, prefersLogarithm: logarithmic)
        #expect(scale.ticks.count >= 2 && scale.ticks.count <= 12, "\(scale.ticks)")
        #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0 < $1 }, "\(scale.ticks)")
        for value in values {
            let place = scale.fraction(value)
            #expect(place >= -1e-9 && place <= 1 + 1e-9, "\(value) at \(place)")
        }
        for tick in scale.ticks { #expect(!scale.label(tick).isEmpty) }
    }

    @Test("labels have no more digits than the step between ticks")
    func labels() {
        let cases: [(values: [Double], some: [String])] = [
            ([0, 1], ["0", "0.5", "1"]), ([3, 97], ["0", "50", "100"]), ([-0.02, 0.03], ["−0.02", "0", "0.02"]),
        ]
        for (values, some) in cases {
            let scale = PictureScale(values)
            let labels = scale.ticks.map(scale.label)
            for label in some { #expect(labels.contains(label), "\(labels)") }
        }
    }

    @Test("decades are labelled by their power")
    func decades() {
        let scale = PictureScale([0.001, 50], prefersLogarithm: true)
        #expect(scale.isLogarithmic)
        #expect(scale.ticks.map(scale.label) == ["10⁻³", "10⁻²", "10⁻¹", "1", "10¹", "10²"])
    }

    // CRC-32 and Adler-32 of "123456789" and "Wikipedia": the published check values.
    @Test("checksums of a PNG")
    func checksums() {
        #expect(PNGImage.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(PNGImage.adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
        // RFC 4648, section 10.
        for (text, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            #expect(Base64.text(Array(text.utf8)) == coded)
        }
    }

    // WCAG 2.2, 1.4.3: small text needs 4.5 : 1.
    @Test("black or white text is legible on every colour of the differences")
    func contrast() {
        func linear(_ part: UInt8) -> Double {
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        for colour in ColourScale.difference {
            var luminance = 0.2126 * linear(colour.red)
            luminance += 0.7152 * linear(colour.green)
            luminance += 0.0722 * linear(colour.blue)
            let contrast = colour.isBright ? (luminance + 0.05) / 0.05 : 1.05 / (luminance + 0.05)
            #expect(contrast >= 4.5, "\(colour)")
        }
    }

    @Test("both colour scales are monotone in lightness on each side")
    func colours() {
        func lightness(_ colour: PictureColour) -> Double {
            0.2126 * Double(colour.red) + 0.7152 * Double(colour.green) + 0.0722 * Double(colour.blue)
        }
        let density = ColourScale.density.map(lightness)
        #expect(zip(density, density.dropFirst()).allSatisfy { $0 <= $1 + 1 })
        let difference = ColourScale.difference.map(lightness)
        #expect(zip(difference[..<128], difference[1..<128]).allSatisfy { $0 <= $1 + 1 })
        #expect(zip(difference[128...], difference[129...]).allSatisfy { $0 >= $1 - 1 })
    }
}
