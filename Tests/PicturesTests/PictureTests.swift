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
                series: [(name, curves)], isCalibration: true
            ).figure(),
            ScatterChart(
                name: "s", title: name, horizontalTitle: name, verticalTitle: name,
                series: [(name, numbers.map { .init(label: name, x: $0, y: -$0) })], lowerIsBetter: true
            ).figure(),
            MatrixChart(
                name: "m", title: name, caption: name, names: [name, "b"],
                entries: [
                    [nil, .init(strength: .nan, text: name, note: name)], [.init(strength: 9, text: "", note: "")],
                ]
            ).figure(),
            HistogramChart(name: "h", title: name, caption: name, histograms: [(name, [1, 2]), ("none", [])]).figure(),
        ] + (density.map { [$0.figure()] } ?? [])
    }

    @Test("every chart is well-formed XML, whatever it is given", arguments: 0..<7)
    func wellFormed(index: Int) throws {
        let figure = try #require(Self.figures(name: Self.hostile).dropFirst(index).first)
        for text in [figure.document, "<p>\(figure.inline)</p>"] {
            let parser = XMLParser(data: Data(text.utf8))
            #expect(parser.parse(), "\(figure.name): \(String(describing: parser.parserError))")
            #expect(!text.contains("<script"))
            #expect(!text.contains("nan") && !text.contains("inf\""), "\(figure.name)")
        }
        #expect(figure.width.isFinite && figure.height.isFinite && figure.height > 0)
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
            name: "i", title: "", placeTitle: "", places: ["a, \"b\""], valueTitle: "",
            series: [("s", [.init(place: 0, mean: 0.2, interval: nil, values: values)])], floors: [nil]
        ).figure()
        let lines = figure.csv.components(separatedBy: "\r\n")
        #expect(lines[0] == "series,place,kind,value,lower,upper")
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
