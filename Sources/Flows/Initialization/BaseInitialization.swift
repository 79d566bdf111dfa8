import FlowMath

extension Flow {
    /// Fits or places the base's parameters; the bijection is already initialised.
    func initializeBase(_ parameters: AlignedBuffer, draws: Points, weights: [Double], seed: UInt64) {
        guard case .gaussianMixture(let mixture) = base,
            case .gaussianMixture(let configuration) = baseConfiguration
        else { return }
        let stream = RandomStream(seed: seed, purpose: .baseInit)
        switch configuration.initialization {
        case .random:
            var stream = stream
            for i in 0..<(mixture.components * dimension) {
                parameters.pointer[mixture.means + i] = Float(stream.nextNormal())
            }
        case .expectationMaximization:
            let active = ActiveDraws(draws, weights: weights)
            let latent = atAnyObservation(parameters)
                .inverse(Points(dimension: dimension, values: active.values)).latent
            let fit = WeightedExpectationMaximization(components: mixture.components, isFull: mixture.isFull)
                .fit(latent, weights: active.weights, stream: stream)
            mixture.write(fit, to: parameters)
        case .given(let means, let standardDeviation):
            mixture.write(givenFit(means: means, standardDeviation: standardDeviation, parameters), to: parameters)
        }
    }

    /// At the start every coupling is the identity, whatever the context.
    private func atAnyObservation(_ parameters: AlignedBuffer) -> TrainedFlow {
        TrainedFlow(
            flow: self, parameters: parameters, observation: [Double](repeating: 0, count: contextDimension))
    }

    /// The given components seen from base space. The flow as initialised is affine, θ = B z + c, so a covariance
    /// σ² I in θ is σ² J Jᵀ in z with J = B⁻¹ (the diagonal of it for diagonal components).
    private func givenFit(means: [[Double]], standardDeviation: Double, _ parameters: AlignedBuffer) -> MixtureFit {
        let flow = atAnyObservation(parameters)
        var probes = [Double](repeating: 0, count: (dimension + 1) * dimension)
        for d in 0..<dimension { probes[(d + 1) * dimension + d] = 1 }
        let images = flow.inverse(Points(dimension: dimension, values: probes)).latent
        var covariance = [Double](repeating: 0, count: dimension * dimension)
        for r in 0..<dimension {
            for c in 0..<dimension {
                for d in 0..<dimension {
                    covariance[r * dimension + c] +=
                        (images[d + 1, r] - images[0, r]) * (images[d + 1, c] - images[0, c])
                }
                covariance[r * dimension + c] *= standardDeviation * standardDeviation
            }
        }
        let centres = flow.inverse(Points(dimension: dimension, values: means.flatMap { $0 })).latent
        return MixtureFit(
            weights: [Double](repeating: 1 / Double(means.count), count: means.count),
            means: means.indices.map { k in (0..<dimension).map { centres[k, $0] } },
            covariances: [[Double]](repeating: covariance, count: means.count), meanLogDensity: .nan)
    }
}

extension GaussianMixture {
    /// Writes a fit of the same number of components into the parameter buffer, within the mixture's limits.
    func write(_ fit: MixtureFit, to parameters: AlignedBuffer) {
        for (k, logit) in logits(forWeights: fit.weights).enumerated() { parameters.pointer[logits + k] = logit }
        for k in 0..<components {
            var covariance = fit.covariances[k]
            if !isFull {
                for r in 0..<dimension {
                    for c in 0..<dimension where r != c { covariance[r * dimension + c] = 0 }
                }
            }
            let whitening = TriangularWhitening(mean: fit.means[k], covariance: covariance)
            for r in 0..<dimension {
                parameters.pointer[means + k * dimension + r] = Float(fit.means[k][r])
                parameters.pointer[logScales + k * dimension + r] =
                    Float(-Elementary.log(whitening.factor[r * dimension + r]))
                guard isFull else { continue }
                for e in 0..<r {
                    parameters.pointer[lower + k * lowerCount + r * (r - 1) / 2 + e] =
                        Float(whitening.factor[r * dimension + e])
                }
            }
        }
        clampScales(parameters.pointer)
    }
}
