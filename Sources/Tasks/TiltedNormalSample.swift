import FlowMath

/// The marginal of (|θ₃|, |θ₄|, θ₅) times a bound of what N(x̄, Σ/4) gives to the box of (θ₁, θ₂), and (θ₁, θ₂) under
/// that bound: for an x̄ so far outside that the marginal alone hardly ever leads into the box.
///
/// In z = L⁻¹(θ − x̄), LLᵀ = Σ/4, the normal is standard and the box convex. Let z* be its point nearest to 0, d = |z*|.
/// The box lies in the half plane beyond the line through z* square to z*, so the box's probability is at most Q(d), the
/// normal's upper tail. The tail lies under an exponential: e^(−t²/2) ≤ e^(λ²/2 − λt), which on t ≥ d has the least
/// integral at λ = ½ (d + √(d²+4)) (Robert 1995). That integral, e^(−d²/2) e^(1/(2λ²))/λ, takes the place of Q(d); with it
/// Σ is drawn. Then t is drawn from the exponential and accepted under the normal, z is t along z* and a normal number
/// across, and all is drawn again where that lies outside the box. What stays has the posterior's density: exact.
package struct TiltedNormalSample: CovarianceDensity {
    let sample: PlanarNormalSample
    /// How far outside the box x̄ lies in each coordinate.
    private let offsetX: Double
    private let offsetY: Double

    package init(_ sample: PlanarNormalSample) {
        let halfWidth = PlanarNormalSample.halfWidth
        self.sample = sample
        offsetX = max(0, abs(sample.meanX) - halfWidth)
        offsetY = max(0, abs(sample.meanY) - halfWidth)
        precondition(offsetX > 0 || offsetY > 0, "x̄ lies outside the box")
    }

    /// x̄ − θ of the box's θ nearest to x̄ under Σ⁻¹. It lies on an edge that x̄ is beyond.
    private func nearest(_ p: Double, _ q: Double, _ r: Double) -> (dx: Double, dy: Double) {
        func clamp(_ value: Double) -> Double {
            min(max(value, -PlanarNormalSample.halfWidth), PlanarNormalSample.halfWidth)
        }
        func length(_ dx: Double, _ dy: Double) -> Double {
            let (u, v) = (p * dx, q * dy)
            return u * u + v * v - 2 * r * u * v
        }
        let (edgeX, edgeY) = (sample.meanX - clamp(sample.meanX), sample.meanY - clamp(sample.meanY))
        let alongX = sample.meanY - clamp(sample.meanY - r * p * edgeX / q)
        if offsetY == 0 { return (edgeX, alongX) }
        let alongY = sample.meanX - clamp(sample.meanX - r * q * edgeY / p)
        if offsetX == 0 { return (alongY, edgeY) }
        return length(edgeX, alongX) < length(alongY, edgeY) ? (edgeX, alongX) : (alongY, edgeY)
    }

    /// What the bound adds to −d²/2: falls with d.
    private static func logRest(_ d: Double) -> Double {
        let rate = TruncatedNormal.rate(ofTailFrom: d)
        return 0.5 / (rate * rate) - Elementary.log(rate)
    }

    package func logDensity(_ third: Double, _ fourth: Double, _ fifth: Double) -> Double {
        let covariance = PlanarNormalSample.Covariance(third, fourth, fifth)
        let (dx, dy) = nearest(covariance.precisionX, covariance.precisionY, covariance.correlation)
        let square = 4 * covariance.form(dx * dx, dy * dy, dx * dy)
        return -1.5 * covariance.logDeterminant
            - 0.5 * (covariance.form(sample.scatterX, sample.scatterY, sample.scatterXY) + square)
            + Self.logRest(square.squareRoot())
    }

    /// With u = p θ₁, v = q θ₂ the box is |u| ≤ 3p, |v| ≤ 3q, and d² is the least over (u, v) of a function that is jointly
    /// convex in (p, q, r, u, v): so it is convex in (p, q, r), and its slopes are those at the nearest θ held fixed.
    /// The rest of the bound falls with d, and is taken at a lower bound of d.
    package func logBound(_ cell: CovarianceCell) -> Double {
        let ranges = CovarianceRanges(cell)
        let (dx, dy) = nearest(ranges.p, ranges.q, ranges.r)
        let (xx, yy, xy) = (4 * dx * dx, 4 * dy * dy, 4 * dx * dy)
        let (leastX, leastY) = (4 * offsetX * offsetX, 4 * offsetY * offsetY)
        let coarse = max(leastX * ranges.lowP * ranges.lowP, leastY * ranges.lowQ * ranges.lowQ) * (1 - 1e-9)
        let leastSquare = max(coarse, ranges.leastForm((xx, yy, xy)))
        let bound =
            ranges.logBound(
                (sample.scatterX + xx, sample.scatterY + yy, sample.scatterXY + xy),
                leastX: sample.scatterX + leastX, leastY: sample.scatterY + leastY)
            + Self.logRest(leastSquare.squareRoot())
        return bound + 1e-9 * (1 + abs(bound))
    }

    /// A draw of (θ₁, θ₂) for a Σ drawn from this density; nil where the exponential's draw is not accepted. Also outside
    /// the box.
    package func mean(
        _ covariance: PlanarNormalSample.Covariance, _ stream: inout RandomStream
    ) -> (x: Double, y: Double)? {
        let (dx, dy) = nearest(covariance.precisionX, covariance.precisionY, covariance.correlation)
        let conditional = covariance.remainder.squareRoot()
        var first = -2 * dx * covariance.precisionX
        var second = (-2 * dy * covariance.precisionY - covariance.correlation * first) / conditional
        let distance = (first * first + second * second).squareRoot()
        let rate = TruncatedNormal.rate(ofTailFrom: distance)
        let t = distance + stream.nextExponential() / rate
        if stream.nextUniform() >= Elementary.exp(-0.5 * (t - rate) * (t - rate)) { return nil }
        let across = stream.nextNormal()
        (first, second) = (
            (t * first - across * second) / distance, (t * second + across * first) / distance
        )
        return (
            sample.meanX + 0.5 * first / covariance.precisionX,
            sample.meanY + 0.5 * (covariance.correlation * first + conditional * second) / covariance.precisionY
        )
    }
}
