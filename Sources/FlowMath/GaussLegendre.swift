/// Gauss–Legendre quadrature with 16 nodes to a panel (exact for polynomials of degree 31).
public enum GaussLegendre {
    /// Nodes on (−1, 1), ascending.
    public static let nodes: [Double] = rule.nodes
    /// Weights, summing to 2.
    public static let weights: [Double] = rule.weights

    private static let rule = makeRule(order: 16)

    /// Nodes by Newton's method on the Legendre polynomial from the starting values cos π(i − ¼)/(n + ½) (Abramowitz &
    /// Stegun 1964, 22.16.6); weights 2/((1 − t²) P′(t)²) (25.4.29).
    static func makeRule(order n: Int) -> (nodes: [Double], weights: [Double]) {
        var nodes = [Double](repeating: 0, count: n)
        var weights = nodes
        for i in 0..<((n + 1) / 2) {
            var t = Elementary.sineCosineOfTurns(0.5 * (Double(i) + 0.75) / (Double(n) + 0.5)).cosine
            var derivative = 0.0
            for _ in 0..<8 {
                var previous = 1.0
                var value = t
                for k in 2...n {
                    let next = (Double(2 * k - 1) * t * value - Double(k - 1) * previous) / Double(k)
                    previous = value
                    value = next
                }
                derivative = Double(n) * (t * value - previous) / (t * t - 1)
                t -= value / derivative
            }
            nodes[i] = -t
            nodes[n - 1 - i] = t
            weights[i] = 2 / ((1 - t * t) * derivative * derivative)
            weights[n - 1 - i] = weights[i]
        }
        return (nodes, weights)
    }

    /// ∫ f over [lower, upper] with `panels` equal panels.
    public static func integrate(
        from lower: Double, to upper: Double, panels: Int, _ f: (Double) -> Double
    ) -> Double {
        var total = 0.0
        let width = (upper - lower) / Double(panels)
        for panel in 0..<panels {
            let middle = lower + width * (Double(panel) + 0.5)
            var sum = 0.0
            for k in nodes.indices { sum += weights[k] * f(middle + 0.5 * width * nodes[k]) }
            total += 0.5 * width * sum
        }
        return total
    }

    /// ∫ f between `peak` and `end` for an f that falls monotonically from `peak`, however narrow it is there.
    ///
    /// Panel edges approach the peak geometrically (ratio √2, down to 2^−45 of the interval), so that some panels
    /// always match the width of the peak.
    public static func integrateFalling(fromPeak peak: Double, to end: Double, _ f: (Double) -> Double) -> Double {
        var total = 0.0
        var outer = end - peak
        for panel in 0..<91 {
            let inner = panel == 90 ? 0 : outer * 0.7071067811865476
            let middle = peak + 0.5 * (outer + inner)
            let halfWidth = 0.5 * (outer - inner)
            var sum = 0.0
            for k in nodes.indices { sum += weights[k] * f(middle + halfWidth * nodes[k]) }
            total += halfWidth * sum
            outer = inner
        }
        return end < peak ? -total : total
    }

    /// ∫ f over [lower, upper] for an f that is smooth but for a few kinks: panels are halved until a panel and its
    /// halves agree within `tolerance` (absolute), at most 40 times.
    ///
    /// `panels` is what to start from; it must be fine enough to see every feature.
    public static func integrateAdaptively(
        from lower: Double, to upper: Double, panels: Int, tolerance: Double, _ f: (Double) -> Double
    ) -> Double {
        func refined(_ from: Double, _ to: Double, _ whole: Double, _ depth: Int) -> Double {
            let middle = 0.5 * (from + to)
            let left = integrate(from: from, to: middle, panels: 1, f)
            let right = integrate(from: middle, to: to, panels: 1, f)
            if depth == 0 || abs(left + right - whole) <= tolerance { return left + right }
            return refined(from, middle, left, depth - 1) + refined(middle, to, right, depth - 1)
        }
        var total = 0.0
        let width = (upper - lower) / Double(panels)
        for panel in 0..<panels {
            let start = lower + width * Double(panel)
            let end = lower + width * Double(panel + 1)
            total += refined(start, end, integrate(from: start, to: end, panels: 1, f), 40)
        }
        return total
    }
}
