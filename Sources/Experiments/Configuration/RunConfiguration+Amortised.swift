import Catalog

extension RunConfiguration {
    /// Whether the run trains one flow q(θ|x) for every x, so that it also has the conditional metrics.
    public var isAmortised: Bool { training["objective"] == .string("amortised") }
}
