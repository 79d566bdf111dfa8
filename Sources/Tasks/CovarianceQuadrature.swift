import FlowMath

/// The integral over (θ₃, θ₄, θ₅) that is the evidence of `slcp`: ``PlanarNormalSample/logDensity(_:_:_:)`` times the
/// probability that N(x̄, Σ/4) gives to the box of (θ₁, θ₂).
///
/// That probability is, at r = 0, a product of two normal masses, and its derivative in r the alternating sum of the
/// bivariate normal density at the box's corners (Plackett 1954), so it is integrated along θ₅ on the very nodes of the
/// outer quadrature. Panels of |θ₃| and |θ₄| grow geometrically from 0; blocks of panels that provably hold less than
/// e^−34 of the largest one are left out; panels are made narrower until two results agree.
struct CovarianceQuadrature {
    private let sample: PlanarNormalSample
    private let density: any CovarianceDensity

    /// - Parameter density: says which blocks matter. Up to a factor near 1 at least the integrand: the sample's marginal
    ///   where N(x̄, Σ/4) gives most Σ's a fair probability of the box, the tilted one where it does not.
    init(_ sample: PlanarNormalSample, blocksBy density: any CovarianceDensity) {
        self.sample = sample
        self.density = density
    }

    /// log ∫ over the box; the last two refinements agree within 1e-8 unless the posterior is a needle (narrower than
    /// a fortieth of its place).
    var logIntegral: Double {
        var previous = logIntegral(refinement: 1)
        for refinement in [2, 4, 8] {
            let value = logIntegral(refinement: refinement)
            if !(abs(value - previous) > 1e-8) || refinement == 8 { return value }
            previous = value
        }
        return previous
    }

    /// A node of |θ₃| or |θ₄|.
    private struct Node {
        let weight: Double
        /// 1/√A.
        let precision: Double
        /// 3 log(1/√A).
        let logPrecision: Double
        /// s/√A.
        let share: Double
        /// The box's ends and mass in standard units of N(x̄, A/4).
        let lower: Double
        let upper: Double
        let mass: Double

        init(_ theta: Double, weight: Double, mean: Double) {
            self.weight = weight
            let deviation = theta * theta
            precision = 1 / (deviation * deviation + PlanarNormalSample.jitter).squareRoot()
            logPrecision = 3 * Elementary.log(precision)
            share = deviation * precision
            lower = 2 * (-PlanarNormalSample.halfWidth - mean) * precision
            upper = 2 * (PlanarNormalSample.halfWidth - mean) * precision
            mass = Elementary.normalMass(between: lower, and: upper)
        }
    }

    private static let fifthPanels = 4
    private static let fifthWidth = 0.75

    private func logIntegral(refinement: Int) -> Double {
        let edges = Self.edges(refinement)
        let ranges = (1..<edges.count).map { edges[$0 - 1]...edges[$0] }
        func nodes(_ range: ClosedRange<Double>, _ mean: Double) -> [Node] {
            let half = 0.5 * CovarianceCell.length(range)
            return GaussLegendre.nodes.indices.map { k in
                Node(
                    CovarianceCell.middle(range) + half * GaussLegendre.nodes[k],
                    weight: half * GaussLegendre.weights[k], mean: mean)
            }
        }
        let nodesX = ranges.map { nodes($0, sample.meanX) }
        let nodesY = ranges.map { nodes($0, sample.meanY) }

        // Which blocks matter: bounds against the best value at a block's middle.
        let sides = [-1.0, 1]
        var bounds: [Double] = []
        var reference = -Double.infinity
        var most = -Double.infinity
        for x in ranges {
            for y in ranges {
                for side in sides {
                    for panel in 0..<Self.fifthPanels {
                        let ends = [side * Self.fifthWidth * Double(panel), side * Self.fifthWidth * Double(panel + 1)]
                        let cell = CovarianceCell(
                            third: x, fourth: y, fifth: min(ends[0], ends[1])...max(ends[0], ends[1]))
                        let logVolume = Elementary.log(cell.volume)
                        bounds.append(density.logBound(cell) + logVolume)
                        let centre = density.logDensity(
                            CovarianceCell.middle(x), CovarianceCell.middle(y), CovarianceCell.middle(cell.fifth))
                        reference = max(reference, centre)
                        most = max(most, centre + logVolume)
                    }
                }
            }
        }
        let needed = bounds.map { $0 > most - 34 }

        var total = 0.0
        var position = 0
        for x in ranges.indices {
            for y in ranges.indices {
                for side in sides {
                    let panels = needed[position..<(position + Self.fifthPanels)]
                    position += Self.fifthPanels
                    guard let last = panels.lastIndex(of: true) else { continue }
                    let isNeeded = Array(panels[...last])
                    for nodeX in nodesX[x] {
                        for nodeY in nodesY[y] {
                            total +=
                                nodeX.weight * nodeY.weight
                                * alongFifth(nodeX, nodeY, side: side, isNeeded, reference)
                        }
                    }
                }
            }
        }
        // Four sign patterns of (θ₃, θ₄).
        return reference + Elementary.log(4 * total)
    }

    /// ∫ over θ₅ on one side of 0, over e^`reference`.
    private func alongFifth(
        _ x: Node, _ y: Node, side: Double, _ isNeeded: [Bool], _ reference: Double
    ) -> Double {
        let share = x.share * y.share
        let square = sample.scatterX * x.precision * x.precision + sample.scatterY * y.precision * y.precision
        let cross = 2 * sample.scatterXY * x.precision * y.precision
        let constant = x.logPrecision + y.logPrecision - reference
        let independent = x.mass * y.mass
        // With all of one coordinate inside, the correlation changes nothing: the derivative below is < 1e-15.
        let isCut = x.mass < 1 - 1e-15 && y.mass < 1 - 1e-15
        let count = GaussLegendre.nodes.count
        let half = 0.5 * Self.fifthWidth
        var total = 0.0
        var start = independent
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { slopes in
            for (panel, isNeeded) in isNeeded.enumerated() {
                if isCut {
                    for j in 0..<count {
                        let tanh = Self.tanhNodes[panel * count + j] * side
                        let r = share * tanh
                        slopes[j] = Self.slope(x, y, r) * share * (1 - tanh * tanh) * side * half
                    }
                }
                if isNeeded {
                    for j in 0..<count {
                        let r = share * Self.tanhNodes[panel * count + j] * side
                        let w = 1 - r * r
                        let exponent = constant - 1.5 * Elementary.log(w) - 0.5 * (square - r * cross) / w
                        if exponent < -60 { continue }
                        var inside = start
                        if isCut {
                            for k in 0..<count { inside += Self.integration[j * count + k] * slopes[k] }
                        }
                        total += half * GaussLegendre.weights[j] * Elementary.exp(exponent) * max(0, inside)
                    }
                }
                if isCut {
                    for k in 0..<count { start += GaussLegendre.weights[k] * slopes[k] }
                }
            }
            return total
        }
    }

    /// d/dr of the box's probability under a standard bivariate normal of correlation r.
    private static func slope(_ x: Node, _ y: Node, _ r: Double) -> Double {
        let w = 1 - r * r
        func corner(_ h: Double, _ k: Double) -> Double { Elementary.exp(-0.5 * (h * h - 2 * r * h * k + k * k) / w) }
        let sum =
            corner(x.upper, y.upper) + corner(x.lower, y.lower) - corner(x.lower, y.upper) - corner(x.upper, y.lower)
        return sum / (6.283185307179586 * w.squareRoot())
    }

    /// 0, then 3/1.6^(k/refinement) from below 0.02 up to 3.
    private static func edges(_ refinement: Int) -> [Double] {
        let rate = Elementary.log(1.6) / Double(refinement)
        let outer = (0...(11 * refinement)).map { PlanarNormalSample.halfWidth * Elementary.exp(-rate * Double($0)) }
        return [0] + outer.reversed()
    }

    /// tanh θ₅ at the nodes of the panels on the positive side.
    private static let tanhNodes: [Double] = (0..<fifthPanels).flatMap { panel in
        GaussLegendre.nodes.map { Elementary.tanh(fifthWidth * (Double(panel) + 0.5 + 0.5 * $0)) }
    }

    /// Row j, column k: the integral from −1 to node j of the polynomial that is 1 at node k and 0 at the others.
    private static let integration: [Double] = {
        let nodes = GaussLegendre.nodes
        let count = nodes.count
        // P₀ … P_count at every node; ∫_{−1}^t P_m = (P_{m+1}(t) − P_{m−1}(t))/(2m + 1).
        let legendre = nodes.map { t in
            var values = [1, t]
            for m in 1..<count {
                values.append((Double(2 * m + 1) * t * values[m] - Double(m) * values[m - 1]) / Double(m + 1))
            }
            return values
        }
        var matrix = [Double](repeating: 0, count: count * count)
        for j in 0..<count {
            for k in 0..<count {
                var sum = 0.5 * (nodes[j] + 1)
                for m in 1..<count { sum += 0.5 * (legendre[j][m + 1] - legendre[j][m - 1]) * legendre[k][m] }
                matrix[j * count + k] = GaussLegendre.weights[k] * sum
            }
        }
        return matrix
    }()
}
