import FlowMath

/// q(θ|x) at one x, as a density that the metrics of one posterior take.
public struct ConditionedDensity: SampleableDensity {
    /// The family.
    public let density: any ConditionalDensity
    /// The x, C numbers.
    public let observation: [Double]

    /// Conditions `density` on `observation`, which must have its contextDimension numbers.
    public init(_ density: any ConditionalDensity, on observation: [Double]) {
        precondition(observation.count == density.contextDimension, "an x has the density's context dimension")
        self.density = density
        self.observation = observation
    }

    /// D.
    public var dimension: Int { density.dimension }

    /// `count` draws from q(θ|x).
    public func sample(count: Int, stream: RandomStream) -> Points {
        density.sample(contexts: contexts(count), stream: stream)
    }

    /// log q(θ|x) of each point, nats.
    public func logProbability(of points: Points) -> [Double] {
        density.logProbability(of: points, contexts: contexts(points.count))
    }

    /// That of the family at this x.
    public var logNormalizerStandardError: Double { density.logNormalizerStandardError(at: observation) }

    /// The x once for each of `count` points.
    private func contexts(_ count: Int) -> Points {
        var values: [Double] = []
        values.reserveCapacity(count * observation.count)
        for _ in 0..<count { values += observation }
        return Points(dimension: observation.count, values: values)
    }
}
