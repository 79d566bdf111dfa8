import Catalog

/// How a base with trainable parameters follows the flow.
public struct BaseOptimization: Sendable, Equatable {
    /// The base's learning rate as a multiple of the flow's.
    public var learningRateFactor: Double
    /// Fraction of the steps during which the base is held fixed first.
    public var freezeFraction: Double

    /// Creates settings.
    public init(learningRateFactor: Double, freezeFraction: Double) {
        self.learningRateFactor = learningRateFactor
        self.freezeFraction = freezeFraction
    }

    /// Reads resolved parameters of those names.
    init(_ parameters: ParameterValues) throws(ParameterError) {
        self.init(
            learningRateFactor: try parameters.number("learningRateFactor"),
            freezeFraction: try parameters.number("freezeFraction"))
    }

    /// The base's learning rate at a step of the flow's rate; nil while it is frozen.
    public func rate(atStep step: Int, of steps: Int, flowRate: Double) -> Double? {
        let frozen = Int((freezeFraction * Double(steps)).rounded())
        return step < frozen ? nil : flowRate * learningRateFactor
    }
}

extension BaseConfiguration {
    /// How the base's parameters are trained; nil when nothing in it is.
    public var optimization: BaseOptimization? {
        switch self {
        case .gaussian, .uniform: return nil
        // Its network belongs to the flow.
        case .conditionalGaussianMixture: return nil
        case .gaussianMixture(let mixture):
            guard mixture.isTrainable else { return nil }
            return BaseOptimization(
                learningRateFactor: mixture.learningRateFactor, freezeFraction: mixture.freezeFraction)
        case .studentT(let student): return student.isTrainable ? student.optimization : nil
        case .resampled(let resampled): return resampled.optimization
        }
    }
}

/// A Student t base; see ``DistributionCatalog/studentT`` for meanings and defaults.
public struct StudentTConfiguration: Sendable, Equatable {
    /// ν of every dimension at the start.
    public var degreesOfFreedom: Double
    /// Whether ν is trained with the flow.
    public var isTrainable: Bool
    /// Its learning rate and freeze.
    public var optimization: BaseOptimization

    /// Creates a configuration.
    public init(
        degreesOfFreedom: Double = 5, isTrainable: Bool = true,
        optimization: BaseOptimization = BaseOptimization(learningRateFactor: 1, freezeFraction: 0)
    ) {
        self.degreesOfFreedom = degreesOfFreedom
        self.isTrainable = isTrainable
        self.optimization = optimization
    }

    /// Reads resolved parameters.
    public init(_ parameters: ParameterValues) throws(ParameterError) {
        self.init(
            degreesOfFreedom: try parameters.number("degreesOfFreedom"),
            isTrainable: try parameters.boolean("trainable"), optimization: try BaseOptimization(parameters))
    }
}

/// A resampled base; see ``DistributionCatalog/resampled`` for meanings and defaults.
public struct ResampledConfiguration: Sendable, Equatable {
    /// Widths of the acceptance network's hidden layers.
    public var hiddenSizes: [Int]
    /// T ≥ 2: the proposal that is always kept.
    public var truncation: Int
    /// Draws of π per training step that estimate Z.
    public var normalizerDraws: Int
    /// The acceptance network's learning rate and freeze.
    public var optimization: BaseOptimization

    /// Creates a configuration.
    public init(
        hiddenSizes: [Int] = [64, 64], truncation: Int = 100, normalizerDraws: Int = 1024,
        optimization: BaseOptimization = BaseOptimization(learningRateFactor: 1, freezeFraction: 0)
    ) {
        precondition(truncation >= 2 && normalizerDraws >= 1, "at least two attempts and one draw")
        self.hiddenSizes = hiddenSizes
        self.truncation = truncation
        self.normalizerDraws = normalizerDraws
        self.optimization = optimization
    }

    /// Reads resolved parameters.
    public init(_ parameters: ParameterValues) throws(ParameterError) {
        self.init(
            hiddenSizes: try parameters.integers("hiddenSizes"), truncation: try parameters.integer("truncation"),
            normalizerDraws: try parameters.integer("normalizerDraws"),
            optimization: try BaseOptimization(parameters))
    }
}
