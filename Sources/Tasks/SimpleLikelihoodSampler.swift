import FlowMath

/// Exact draws from the posterior of `slcp` for one x.
///
/// Plain: (|θ₃|, |θ₄|, θ₅) from the marginal without the box's cut, (θ₁, θ₂) given it from N(x̄, Σ/4), all again where that
/// lies outside the box. Where that leads into the box less than once in 20 tries, x̄ lies far outside and the proposals
/// are tilted toward the box (``TiltedNormalSample``).
package struct SimpleLikelihoodSampler: Sendable {
    private enum Proposal: Sendable {
        case plain(CovarianceEnvelope<PlanarNormalSample>)
        case tilted(TiltedNormalSample, CovarianceEnvelope<TiltedNormalSample>)
    }

    private let sample: PlanarNormalSample
    private let proposal: Proposal

    package init(_ sample: PlanarNormalSample) {
        self.init(plain: sample)
        if sample.hasMeanInBox { return }
        if acceptance(tries: 4_000) < 0.05 { self.init(tilted: TiltedNormalSample(sample)) }
    }

    package init(plain sample: PlanarNormalSample) {
        self.sample = sample
        proposal = .plain(.make(sample))
    }

    package init(tilted density: TiltedNormalSample) {
        sample = density.sample
        proposal = .tilted(density, .make(density))
    }

    package var isTilted: Bool {
        if case .tilted = proposal { true } else { false }
    }

    /// The share of tries for (|θ₃|, |θ₄|, θ₅) that succeed.
    package var envelopeAcceptance: Double {
        switch proposal {
        case .plain(let envelope): envelope.acceptance
        case .tilted(_, let envelope): envelope.acceptance
        }
    }

    /// The density under which (|θ₃|, |θ₄|, θ₅) is drawn. It is the marginal itself where the mean lies in the box.
    var covarianceDensity: any CovarianceDensity {
        switch proposal {
        case .plain: sample
        case .tilted(let density, _): density
        }
    }

    /// One try: θ but for the signs of θ₃ and θ₄, nil where it is to be made again.
    @inline(__always)
    private func attempt(
        _ stream: inout RandomStream
    ) -> (x: Double, y: Double, third: Double, fourth: Double, fifth: Double)? {
        let (third, fourth, fifth): (Double, Double, Double)
        let mean: (x: Double, y: Double)?
        switch proposal {
        case .plain(let envelope):
            guard let draw = envelope.sample(&stream) else { return nil }
            (third, fourth, fifth) = draw
            mean = sample.mean(PlanarNormalSample.Covariance(third, fourth, fifth), &stream)
        case .tilted(let density, let envelope):
            guard let draw = envelope.sample(&stream) else { return nil }
            (third, fourth, fifth) = draw
            mean = density.mean(PlanarNormalSample.Covariance(third, fourth, fifth), &stream)
        }
        let halfWidth = PlanarNormalSample.halfWidth
        guard let (x, y) = mean, abs(x) <= halfWidth && abs(y) <= halfWidth else { return nil }
        return (x, y, third, fourth, fifth)
    }

    /// The share of some tries that succeed.
    package func acceptance(tries: Int) -> Double {
        var stream = RandomStream(seed: 0, purpose: .reference)
        var accepted = 0
        for _ in 0..<tries where attempt(&stream) != nil { accepted += 1 }
        return Double(accepted) / Double(tries)
    }

    /// The first `count` draws; NaN from the first on that a million tries do not yield.
    package func draws(_ count: Int, _ stream: RandomStream) -> [Double] {
        var stream = stream
        var values = [Double](repeating: .nan, count: 5 * count)
        for i in 0..<count {
            var tries = 0
            while true {
                let attempt = attempt(&stream)
                tries += 1
                if tries > 1_000_000 { return values }
                guard let (x, y, third, fourth, fifth) = attempt else { continue }
                let signs = stream.nextBits()
                values[5 &* i] = x
                values[5 &* i &+ 1] = y
                values[5 &* i &+ 2] = signs >> 63 == 0 ? third : -third
                values[5 &* i &+ 3] = signs >> 62 & 1 == 0 ? fourth : -fourth
                values[5 &* i &+ 4] = fifth
                break
            }
        }
        return values
    }
}

extension PlanarNormalSample {
    /// A draw of (θ₁, θ₂) from N(x̄, Σ/4).
    @inline(__always)
    fileprivate func mean(_ covariance: Covariance, _ stream: inout RandomStream) -> (x: Double, y: Double) {
        let (first, second) = (stream.nextNormal(), stream.nextNormal())
        let along = covariance.correlation * first + covariance.remainder.squareRoot() * second
        return (meanX + 0.5 * first / covariance.precisionX, meanY + 0.5 * along / covariance.precisionY)
    }
}
