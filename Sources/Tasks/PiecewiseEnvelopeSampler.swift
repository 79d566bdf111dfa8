import FlowMath

/// Exact draws from a one-dimensional density known up to a constant that is monotone between given breakpoints.
///
/// The interval is cut into cells on each of which the larger end value bounds the density from above and the smaller
/// from below. A cell is drawn in proportion to its upper area through a guide table (Chen & Asau 1974), a point
/// uniformly in it, and accepted against the density; the lower bound accepts most points without evaluating it. Cells
/// are halved where envelope and density differ most, until ~97 % is accepted, so a narrow peak costs no more than a
/// wide one.
struct PiecewiseEnvelopeSampler: Sendable {
    private let logDensity: @Sendable (Double) -> Double
    private let lower: [Double]
    private let width: [Double]
    /// log of the upper bound, and the lower bound divided by the upper one.
    private let logUpper: [Double]
    private let squeeze: [Double]
    private let cumulative: [Double]
    private let guide: [Int32]

    /// - Parameters:
    ///   - breakpoints: ascending, at least two; `logDensity` must be finite on and monotone between neighbours.
    init(breakpoints: [Double], logDensity: @escaping @Sendable (Double) -> Double) {
        self.logDensity = logDensity
        let values = breakpoints.map(logDensity)
        let largest = values.max() ?? 0
        // Rounding of logDensity could lift a value above the end of its cell by a few ulp of its magnitude.
        let slack = 1e-12 + 8 * largest.magnitude.ulp
        var edges = breakpoints
        var logs = values
        let maximumCells = 2048
        while edges.count <= maximumCells {
            var upperArea = 0.0
            var excess: [Double] = []
            for i in 0..<(edges.count - 1) {
                let (high, low) = Self.bounds(logs, i, largest)
                upperArea += high * (edges[i + 1] - edges[i])
                excess.append((high - low) * (edges[i + 1] - edges[i]))
            }
            if excess.reduce(0, +) <= 0.03 * upperArea { break }
            // Every cell with more than its share of what may remain is halved.
            let share = 0.03 * upperArea / 1024
            var nextEdges: [Double] = []
            var nextLogs: [Double] = []
            for i in 0..<(edges.count - 1) {
                nextEdges.append(edges[i])
                nextLogs.append(logs[i])
                let middle = 0.5 * (edges[i] + edges[i + 1])
                if excess[i] > share && middle > edges[i] && middle < edges[i + 1] {
                    nextEdges.append(middle)
                    nextLogs.append(logDensity(middle))
                }
            }
            nextEdges.append(edges[edges.count - 1])
            nextLogs.append(logs[logs.count - 1])
            if nextEdges.count == edges.count { break }
            (edges, logs) = (nextEdges, nextLogs)
        }

        let cells = edges.count - 1
        lower = Array(edges.prefix(cells))
        width = (0..<cells).map { edges[$0 + 1] - edges[$0] }
        logUpper = (0..<cells).map { max(logs[$0], logs[$0 + 1]) + slack }
        squeeze = (0..<cells).map { Elementary.exp(-abs(logs[$0] - logs[$0 + 1]) - 2 * slack) }
        var sum = 0.0
        var running: [Double] = []
        for i in 0..<cells {
            sum += Elementary.exp(max(logs[i], logs[i + 1]) - largest) * (edges[i + 1] - edges[i])
            running.append(sum)
        }
        cumulative = running.map { $0 / sum }
        let guideCount = 2 * cells
        var cell = 0
        let fractions = cumulative
        guide = (0..<guideCount).map { slot in
            while cell < cells - 1 && fractions[cell] <= Double(slot) / Double(guideCount) { cell += 1 }
            return Int32(cell)
        }
    }

    private static func bounds(_ logs: [Double], _ i: Int, _ largest: Double) -> (Double, Double) {
        let first = Elementary.exp(logs[i] - largest)
        let second = Elementary.exp(logs[i + 1] - largest)
        return (max(first, second), min(first, second))
    }

    /// One exact draw.
    func sample(_ stream: inout RandomStream) -> Double {
        while true {
            let u = stream.nextUniform()
            var cell = Int(guide[Int(u * Double(guide.count))])
            while cumulative[cell] <= u && cell < cumulative.count - 1 { cell &+= 1 }
            let x = lower[cell] + width[cell] * stream.nextUniform()
            let v = stream.nextUniform()
            if v <= squeeze[cell] || v < Elementary.exp(logDensity(x) - logUpper[cell]) { return x }
        }
    }
}
