import FlowMath

extension Flow {
    /// Whether the base's start is a fit to the draws.
    public var startsFromDraws: Bool {
        guard case .gaussianMixture(let mixture) = baseConfiguration,
            case .expectationMaximization = mixture.initialization
        else { return false }
        return true
    }

    /// Fits or places the base's parameters; the bijection is already initialised.
    func initializeBase(
        _ parameters: AlignedBuffer, draws: Points, weights: [Double], contexts: Points?, seed: UInt64,
        isProvisional: Bool = false
    ) {
        let stream = RandomStream(seed: seed, purpose: .baseInit)
        switch (base, baseConfiguration) {
        case (.gaussianMixture(let mixture), .gaussianMixture(let configuration)):
            switch configuration.initialization {
            case .random:
                var stream = stream
                for i in 0..<(mixture.components * dimension) {
                    parameters.pointer[mixture.means + i] = Float(stream.nextNormal())
                }
            case .expectationMaximization:
                let fit = fitMixture(
                    components: mixture.components, isFull: mixture.isFull, parameters, draws: draws,
                    weights: weights, contexts: contexts, stream: stream, isProvisional: isProvisional)
                mixture.write(fit, to: parameters)
            case .given(let means, let standardDeviation):
                mixture.write(
                    givenFit(means: means, standardDeviation: standardDeviation, parameters), to: parameters)
            }
        case (.conditionalGaussianMixture(let mixture), .conditionalGaussianMixture(let configuration)):
            initializeNetwork(
                parameters, prefix: "base.network", hiddenLayers: configuration.hiddenSizes.count, stream: stream)
            // Every x starts with the mixture of all draws: weights zero, the fit in the last layer's bias.
            let fit = fitMixture(
                components: mixture.components, isFull: mixture.isFull, parameters, draws: draws, weights: weights,
                contexts: contexts, stream: RandomStream(seed: seed, purpose: .baseInit))
            let last = mixture.network.layers[mixture.network.layerCount - 1]
            for (row, value) in mixture.outputs(for: fit).enumerated() {
                parameters.pointer[last.biasOffset + row] = value
            }
        case (.studentT(let student), .studentT(let configuration)):
            student.initialize(parameters, degreesOfFreedom: configuration.degreesOfFreedom)
        case (.resampled(let resampled), .resampled(let configuration)):
            resampled.initialize(parameters)
            initializeNetwork(
                parameters, prefix: "base.acceptance", hiddenLayers: configuration.hiddenSizes.count, stream: stream)
        default: break
        }
    }

    /// Weighted EM on the draws as the flow at its start sees them.
    private func fitMixture(
        components: Int, isFull: Bool, _ parameters: AlignedBuffer, draws: Points, weights: [Double],
        contexts: Points?, stream: RandomStream, isProvisional: Bool = false
    ) -> MixtureFit {
        let active = ActiveDraws(draws, weights: weights)
        let activeContexts = contexts.map {
            Points(dimension: contextDimension, values: ActiveDraws($0, weights: weights).values)
        }
        let latent = atAnyObservation(parameters).inverse(
            Points(dimension: dimension, values: active.values), contexts: activeContexts
        ).latent
        var fit = WeightedExpectationMaximization(components: components, isFull: isFull)
        if isProvisional {
            fit.restarts = 1
            fit.maximumIterations = 10
        }
        return fit.fit(latent, weights: active.weights, stream: stream)
    }

    /// At the start every coupling is the identity, whatever the context; only a context shift depends on it.
    func atAnyObservation(_ parameters: AlignedBuffer) -> TrainedFlow {
        // At the mean of x a context shift is nil.
        let mean = layout.tensor(named: "context.shift").map { parameters.array($0.range).map(Double.init) }
        return TrainedFlow(flow: self, parameters: parameters, observation: mean ?? [])
    }

    /// The given components seen from base space: a covariance σ² I in θ is σ² J Jᵀ in z, J the Jacobian of the flow as
    /// initialised (the diagonal of it for diagonal components).
    private func givenFit(means: [[Double]], standardDeviation: Double, _ parameters: AlignedBuffer) -> MixtureFit {
        let flow = atAnyObservation(parameters)
        let centres = flow.inverse(Points(dimension: dimension, values: means.flatMap { $0 })).latent
        // Without a box the flow as initialised is affine, θ = B z + c: one Jacobian, from any points.
        let origin = [Double](repeating: 0, count: dimension)
        let shared =
            box == nil
            ? scaledCovariance(flow, at: origin, steps: origin.map { _ in 1 }, by: standardDeviation) : nil
        return MixtureFit(
            weights: [Double](repeating: 1 / Double(means.count), count: means.count),
            means: means.indices.map { k in (0..<dimension).map { centres[k, $0] } },
            covariances: means.map { mean in
                if let shared { return shared }
                // Within one standard deviation, and within the box.
                let steps = mean.indices.map { d in
                    let (below, above) = (mean[d] - bounds[d].lowerBound, bounds[d].upperBound - mean[d])
                    let step = min(standardDeviation, 0.5 * max(below, above))
                    return above >= below ? step : -step
                }
                return scaledCovariance(flow, at: mean, steps: steps, by: standardDeviation)
            }, meanLogDensity: .nan)
    }

    /// σ² J Jᵀ with J's columns by forward differences of the inverse, one step per dimension.
    private func scaledCovariance(
        _ flow: TrainedFlow, at centre: [Double], steps: [Double], by standardDeviation: Double
    ) -> [Double] {
        var probes = centre
        for d in 0..<dimension {
            var probe = centre
            probe[d] += steps[d]
            probes += probe
        }
        let images = flow.inverse(Points(dimension: dimension, values: probes)).latent
        var covariance = [Double](repeating: 0, count: dimension * dimension)
        for r in 0..<dimension {
            for c in 0..<dimension {
                for d in 0..<dimension {
                    covariance[r * dimension + c] +=
                        (images[d + 1, r] - images[0, r]) * (images[d + 1, c] - images[0, c])
                        / (steps[d] * steps[d])
                }
                covariance[r * dimension + c] *= standardDeviation * standardDeviation
            }
        }
        return covariance
    }
}

extension GaussianMixture {
    /// Writes a fit of the same number of components into the parameter buffer, within the mixture's limits.
    func write(_ fit: MixtureFit, to parameters: AlignedBuffer) {
        func copy(_ values: [Float], _ offset: Int) {
            for (i, value) in values.enumerated() { parameters.pointer[offset + i] = value }
        }
        copy(Self.logits(forWeights: fit.weights), logits)
        for k in 0..<components {
            let component = MixtureComponentParameters(fit: fit, component: k, isFull: isFull)
            copy(component.mean, means + k * dimension)
            copy(component.logScales, logScales + k * dimension)
            copy(component.lower, lower + k * lowerCount)
        }
        clampScales(parameters.pointer)
    }
}

/// One component of a fit as a mixture base keeps it: A = the inverse Cholesky factor, as log scales −log A_dd and the
/// strict lower part by rows (empty for diagonal covariance).
struct MixtureComponentParameters {
    let mean: [Float]
    let logScales: [Float]
    let lower: [Float]

    init(fit: MixtureFit, component k: Int, isFull: Bool) {
        let dimension = fit.means[k].count
        var covariance = fit.covariances[k]
        if !isFull {
            for r in 0..<dimension {
                for c in 0..<dimension where r != c { covariance[r * dimension + c] = 0 }
            }
        }
        let factor = TriangularWhitening(mean: fit.means[k], covariance: covariance).factor
        mean = fit.means[k].map { Float($0) }
        logScales = (0..<dimension).map { Float(-Elementary.log(factor[$0 * dimension + $0])) }
        lower =
            isFull
            ? (0..<dimension).flatMap { r in (0..<r).map { Float(factor[r * dimension + $0]) } } : []
    }
}
