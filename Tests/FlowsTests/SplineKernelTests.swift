import CFlowKernels
import FlowMath
import TestSupport
import Testing

/// The spline kernels against the double-precision spline: a tile of 2 rows × 64 points, every point its own spline.
@Suite struct SplineKernelTests {
    struct Case: Sendable, CustomStringConvertible {
        var bins: Int
        var bound: Float
        /// Standard deviation of the raw values; infinite: each is −50, 0 or 50.
        var amplitude: Double

        var description: String { "K = \(bins), B = \(bound), raw of size \(amplitude)" }
    }

    static let cases = [2, 3, 8, 16, 64].flatMap { bins in
        [(5, 0), (3, 0.5), (5, 1), (0.7, 2), (10, 5), (5, .infinity)].map {
            Case(bins: bins, bound: $0.0, amplitude: $0.1)
        }
    }

    static let sets = ["avx512", "avx2", "portable"]
    static let rows = 2
    static let width = 64

    /// Raw values, and values that fall into all bins, into both tails and on both ends.
    struct Tile {
        var raw: [Float]
        var values: [Float]

        init(_ row: Case, seed: UInt64 = 3) {
            var stream = RandomStream(seed: seed, purpose: .reference)
            raw = (0..<((3 * row.bins - 1) * SplineKernelTests.rows * SplineKernelTests.width)).map { _ in
                row.amplitude.isFinite
                    ? Float(row.amplitude * stream.nextNormal()) : Float(50 * (stream.nextIndex(below: 3) - 1))
            }
            values = (0..<(SplineKernelTests.rows * SplineKernelTests.width)).map { _ in
                row.bound * Float(stream.nextUniform(-1.2, 1.2))
            }
            let ends = [row.bound, -row.bound, row.bound.nextUp, -row.bound.nextUp, row.bound.nextDown, 0, 1e30, -1e30]
            for (i, end) in ends.enumerated() { values[i] = end }
        }

        /// The spline of row r at point t.
        func spline(_ row: Case, _ r: Int, _ t: Int) -> ReferenceSpline {
            let count = 3 * row.bins - 1
            return ReferenceSpline(
                raw: (0..<count).map { Double(raw[(r * count + $0) * SplineKernelTests.width + t]) }, bins: row.bins,
                bound: Double(row.bound))
        }
    }

    struct Result: Equatable {
        var values: [Float]
        var logDet: [Float]
        var gradient: [Float] = []
        var rawGradient: [Float] = []
    }

    /// `outer`: d loss / d output and d loss / d log-determinant of the backward pass.
    static func inverse(
        _ row: Case, _ tile: Tile, _ kernels: Kernels, outer: (values: [Float], logDet: [Float])? = nil
    ) -> Result {
        var raw = tile.raw
        var state = [Float](repeating: 0, count: rows * width * Int(FLOW_SPLINE_STATE_ROWS))
        var result = Result(values: tile.values, logDet: [Float](repeating: 0, count: width))
        kernels.spline.inverse(&raw, &state, &result.values, &result.logDet, row.bound, row.bins, rows, width)
        if let outer {
            result.gradient = outer.values
            result.rawGradient = raw
            kernels.spline.inverse_backward(
                raw, state, outer.logDet, &result.gradient, &result.rawGradient, row.bound, row.bins, rows, width)
        }
        return result
    }

    static func forward(_ row: Case, _ tile: Tile, _ kernels: Kernels) -> Result {
        var raw = tile.raw
        var result = Result(values: tile.values, logDet: [Float](repeating: 0, count: width))
        kernels.spline.forward(&raw, &result.values, &result.logDet, row.bound, row.bins, rows, width)
        return result
    }

    /// How far single precision may move a point: the rounding of the knots' running sums.
    static func rounding(_ row: Case) -> Double { 1e-7 * Double(row.bound) * Double(8 + row.bins) }

    /// Whether y is g(x) within that rounding of x and y; g is monotone.
    static func agrees(_ spline: ReferenceSpline, _ row: Case, x: Double, y: Double) -> Bool {
        let d = rounding(row)
        let bound = spline.bound
        func value(_ x: Double) -> Double {
            abs(x) > bound + 2 * d ? x : spline.inverse(min(max(x, -bound), bound)).value
        }
        if abs(x) > bound { return abs(y - x) <= d }
        return value(x - d) - d <= y && y <= value(x + d) + d
    }

    /// The range of log g′ within that rounding of x.
    static func logSlopes(_ spline: ReferenceSpline, _ row: Case, x: Double) -> ClosedRange<Double> {
        guard abs(x) <= spline.bound else { return 0...0 }
        let d = rounding(row)
        var knots = spline.knots.map(\.x).filter { abs($0 - x) <= d }
        knots += (-8...8).map { x + d * Double($0) / 8 }
        let values = knots.map { spline.inverse(min(max($0, -spline.bound), spline.bound)).logSlope }
        return values.min()!...values.max()!
    }

    @Test(arguments: cases, sets)
    func inverseEqualsTheReference(_ row: Case, _ isa: String) {
        guard let kernels = Kernels.named(isa) else { return }
        let tile = Tile(row)
        let result = Self.inverse(row, tile, kernels)
        for t in 0..<Self.width {
            var logSlope = 0.0...0.0
            for r in 0..<Self.rows {
                let (x, y) = (Double(tile.values[r * Self.width + t]), Double(result.values[r * Self.width + t]))
                let spline = tile.spline(row, r, t)
                #expect(Self.agrees(spline, row, x: x, y: y), "g(\(x)) = \(y), not \(spline.inverse(x).value)")
                let range = Self.logSlopes(spline, row, x: x)
                logSlope = (logSlope.lowerBound + range.lowerBound)...(logSlope.upperBound + range.upperBound)
            }
            let found = Double(result.logDet[t])
            #expect(
                found >= logSlope.lowerBound - 2e-5 && found <= logSlope.upperBound + 2e-5,
                "point \(t): log g′ = \(found), not in \(logSlope)")
        }
    }

    @Test(arguments: cases, sets)
    func forwardSolvesTheReference(_ row: Case, _ isa: String) {
        guard let kernels = Kernels.named(isa) else { return }
        let tile = Tile(row)
        let result = Self.forward(row, tile, kernels)
        for t in 0..<Self.width {
            var logSlope = 0.0...0.0
            for r in 0..<Self.rows {
                let (y, x) = (Double(tile.values[r * Self.width + t]), Double(result.values[r * Self.width + t]))
                let spline = tile.spline(row, r, t)
                #expect(Self.agrees(spline, row, x: x, y: y), "g(\(x)) = \(spline.inverse(x).value), not \(y)")
                let range = abs(y) > spline.bound ? 0...0 : Self.logSlopes(spline, row, x: x)
                logSlope = (logSlope.lowerBound + range.lowerBound)...(logSlope.upperBound + range.upperBound)
            }
            let found = -Double(result.logDet[t])
            #expect(
                found >= logSlope.lowerBound - 2e-5 && found <= logSlope.upperBound + 2e-5,
                "point \(t): log g′ = \(found), not in \(logSlope)")
        }
    }

    @Test(arguments: cases, sets)
    func gradientsEqualFiniteDifferences(_ row: Case, _ isa: String) {
        guard let kernels = Kernels.named(isa) else { return }
        let tile = Tile(row)
        var stream = RandomStream(seed: 4, purpose: .reference)
        let outer = (
            values: (0..<(Self.rows * Self.width)).map { _ in Float(stream.nextNormal()) },
            logDet: (0..<Self.width).map { _ in Float(stream.nextNormal()) }
        )
        let result = Self.inverse(row, tile, kernels, outer: outer)
        #expect(result.gradient.allSatisfy(\.isFinite) && result.rawGradient.allSatisfy(\.isFinite))
        // Single precision resolves steep or flat splines less well than the differences need.
        guard row.amplitude <= 2 else { return }
        let count = 3 * row.bins - 1
        for r in 0..<Self.rows {
            for t in stride(from: r, to: Self.width, by: 3) {
                let x = Double(tile.values[r * Self.width + t])
                let exact = tile.spline(row, r, t)
                if abs(x) > exact.bound {
                    #expect(result.gradient[r * Self.width + t] == outer.values[r * Self.width + t])
                    #expect((0..<count).allSatisfy { result.rawGradient[(r * count + $0) * Self.width + t] == 0 })
                    continue
                }
                // log g′ has a kink at a knot.
                if exact.knots.contains(where: { abs($0.x - x) < 1e-3 }) { continue }
                func loss(_ spline: ReferenceSpline, _ x: Double) -> Double {
                    let (value, logSlope) = spline.inverse(x)
                    return Double(outer.values[r * Self.width + t]) * value + Double(outer.logDet[t]) * logSlope
                }
                let h = 1e-5
                let numeric = (loss(exact, x + h) - loss(exact, x - h)) / (2 * h)
                let found = Double(result.gradient[r * Self.width + t])
                #expect(abs(found - numeric) < 1e-3 * max(1, abs(numeric)), "by value: \(found) against \(numeric)")
                let engine = (0..<count).map { Double(result.rawGradient[(r * count + $0) * Self.width + t]) }
                let scale = engine.reduce(1e-2) { max($0, abs($1)) }
                for i in stride(from: t % 3, to: count, by: max(1, count / 11)) {
                    func shifted(_ h: Double) -> Double {
                        var raw = (0..<count).map { Double(tile.raw[(r * count + $0) * Self.width + t]) }
                        raw[i] += h
                        return loss(ReferenceSpline(raw: raw, bins: row.bins, bound: Double(row.bound)), x)
                    }
                    let numeric = (shifted(h) - shifted(-h)) / (2 * h)
                    #expect(abs(engine[i] - numeric) < 1e-3 * scale, "raw \(i): \(engine[i]) against \(numeric)")
                }
            }
        }
    }

    @Test(arguments: cases)
    func instructionSetsGiveTheSameBits(_ row: Case) {
        guard let wide = Kernels.named("avx512"), let narrow = Kernels.named("avx2") else { return }
        let tile = Tile(row, seed: 11)
        let outer = (
            values: [Float](repeating: 0.7, count: Self.rows * Self.width),
            logDet: [Float](repeating: -0.3, count: Self.width)
        )
        #expect(Self.inverse(row, tile, wide, outer: outer) == Self.inverse(row, tile, narrow, outer: outer))
        #expect(Self.forward(row, tile, wide) == Self.forward(row, tile, narrow))
    }

    @Test(arguments: cases)
    func theInverseNeverFalls(_ row: Case) {
        // All points of the tile on one spline, in order; and all of them within a few units around each knot.
        let count = 3 * row.bins - 1
        var tile = Tile(row, seed: 5)
        for i in tile.raw.indices { tile.raw[i] = tile.raw[i / Self.width * Self.width] }
        for start in [-row.bound] + tile.spline(row, 0, 0).knots.map({ Float($0.x) }) {
            let step = start == -row.bound ? row.bound / 32 : start.ulp
            for t in 0..<Self.width {
                let offset = start == -row.bound ? Float(t) : Float(t - 32)
                for r in 0..<Self.rows { tile.values[r * Self.width + t] = start + offset * step }
            }
            let values = Self.inverse(row, tile, .current).values
            let slack = 2 * Float(Self.rounding(row))
            for t in 1..<Self.width { #expect(values[t] >= values[t - 1] - slack, "\(count) raw values") }
        }
    }

    @Test(arguments: sets)
    func rawZeroIsTheIdentity(_ isa: String) {
        guard let kernels = Kernels.named(isa) else { return }
        for row in Self.cases where row.amplitude == 0 {
            let tile = Tile(row)
            for result in [Self.inverse(row, tile, kernels), Self.forward(row, tile, kernels)] {
                for (value, input) in zip(result.values, tile.values) {
                    #expect(abs(value - input) <= 1e-6 * row.bound)
                }
                #expect(result.logDet.allSatisfy { abs($0) <= 2e-6 })
            }
        }
    }

    @Test func notANumberStaysNotANumber() {
        let row = Case(bins: 8, bound: 5, amplitude: 1)
        var tile = Tile(row)
        tile.values[9] = .nan
        tile.raw[10] = .nan
        tile.values[10] = 0.25
        let result = Self.inverse(row, tile, .current)
        #expect(result.values[9].isNaN)
        #expect(result.values[10].isNaN)
        #expect(result.values.enumerated().allSatisfy { $0.offset == 9 || $0.offset == 10 || $0.element.isFinite })
    }
}
