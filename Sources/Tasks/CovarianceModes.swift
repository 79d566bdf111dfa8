import FlowMath

/// The maximum of `slcp`'s likelihood over the box with θ₃, θ₄ ≥ 0.
///
/// For a fixed mean m the likelihood sees T = S + 4 (x̄−m)(x̄−m)ᵀ, and its maximum is closed form: r = T₁₂/√(T₁₁T₂₂)
/// cut to tanh(±3), A = T₁₁/λ, B = T₂₂/λ with λ = 4(1−r²)/(1−rk). m is x̄ where that lies in the box, else it and Σ are
/// improved in turns. A line search in every coordinate then takes care of what the closed form neglects (10⁻⁶, the
/// limits of θ₃ and θ₄).
struct CovarianceModes {
    private let sample: PlanarNormalSample
    private static let halfWidth = PlanarNormalSample.halfWidth

    init(_ sample: PlanarNormalSample) { self.sample = sample }

    /// (θ₁, …, θ₅).
    var maximum: [Double] {
        var theta = [clamp(sample.meanX), clamp(sample.meanY), 0, 0, 0]
        for _ in 0..<500 {
            let before = theta
            setCovariance(&theta)
            setMean(&theta)
            if theta == before { break }
        }
        for _ in 0..<40 {
            let before = logLikelihood(theta)
            for d in 2..<5 { improve(&theta, along: d) }
            setMean(&theta)
            if !(logLikelihood(theta) > before + 1e-13) { break }
        }
        return theta
    }

    private func clamp(_ value: Double) -> Double { min(max(value, -Self.halfWidth), Self.halfWidth) }

    private func scatter(_ theta: [Double]) -> (xx: Double, yy: Double, xy: Double) {
        let (dx, dy) = (sample.meanX - theta[0], sample.meanY - theta[1])
        return (sample.scatterX + 4 * dx * dx, sample.scatterY + 4 * dy * dy, sample.scatterXY + 4 * dx * dy)
    }

    private func logLikelihood(_ theta: [Double]) -> Double {
        let covariance = PlanarNormalSample.Covariance(theta[2], theta[3], theta[4])
        let t = scatter(theta)
        return -2 * covariance.logDeterminant - 0.5 * covariance.form(t.xx, t.yy, t.xy)
    }

    private func setCovariance(_ theta: inout [Double]) {
        let t = scatter(theta)
        let product = (t.xx * t.yy).squareRoot()
        let k = product > 0 ? t.xy / product : 0
        let limit = Elementary.tanh(Self.halfWidth)
        let r = min(max(k, -limit), limit)
        let scale = 4 * (1 - r * r) / (1 - r * k)
        func root(_ variance: Double) -> Double {
            min(max(0, variance - PlanarNormalSample.jitter).squareRoot().squareRoot(), Self.halfWidth)
        }
        theta[2] = root(t.xx / scale)
        theta[3] = root(t.yy / scale)
        // artanh r.
        theta[4] = clamp(0.5 * (Elementary.logOnePlus(r) - Elementary.logOnePlus(-r)))
    }

    /// m of the box with the least (x̄−m)ᵀ Σ⁻¹ (x̄−m), one coordinate after the other.
    private func setMean(_ theta: inout [Double]) {
        let covariance = PlanarNormalSample.Covariance(theta[2], theta[3], theta[4])
        let ratio = covariance.precisionX / covariance.precisionY
        for _ in 0..<50 {
            let before = theta
            let dy = sample.meanY - theta[1]
            theta[0] = clamp(sample.meanX - covariance.correlation * dy / ratio)
            let dx = sample.meanX - theta[0]
            theta[1] = clamp(sample.meanY - covariance.correlation * dx * ratio)
            if theta == before { break }
        }
    }

    private func improve(_ theta: inout [Double], along d: Int) {
        var trial = theta
        let best = Tasks.maximum(
            of: { value in
                trial[d] = value
                return logLikelihood(trial)
            }, from: d == 4 ? -Self.halfWidth : 0, to: Self.halfWidth)
        if best.value > logLikelihood(theta) { theta[d] = best.position }
    }
}
