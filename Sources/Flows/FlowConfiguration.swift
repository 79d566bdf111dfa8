import Catalog

/// How the coordinates are mixed between couplings.
public enum MixingKind: String, Sendable, Equatable {
    /// A random rotation (Haar) from the flow-init stream.
    case rotation
    /// A random cyclic permutation with unchanging masks, so that every coordinate moves.
    case permutation
    /// A trained linear map in P L U form that starts as a random rotation.
    case triangular = "lu"
    case none
}

/// How θ is kept inside the prior's box.
public enum BoxKind: String, Sendable, Equatable {
    /// Not at all: θ lives in R^D, and q's mass outside the prior is reported as leakage.
    case none
    /// θ = lower + (upper − lower) / (1 + e^−y).
    case logit
    /// θ = lower + (upper − lower) Φ(y).
    case probit
    /// By rejection: θ lives in R^D while training, and the trained density is q(θ|x) 1[θ ∈ box] / Q(box|x); see
    /// ``TrainedFlow/restrictedToBox()``.
    case reject

    /// Whether a map onto the box is the bijection's last layer.
    var isMap: Bool { self == .logit || self == .probit }
}

/// What a coupling does to the coordinates that it transforms.
public enum CouplingKind: Sendable, Equatable {
    /// Scale and shift; `logScaleLimit` is s_max, the largest |log scale|.
    case affine(logScaleLimit: Double)
    /// A monotone rational-quadratic spline of `bins` bins (2 or more) on [−tailBound, tailBound], the identity outside.
    case spline(bins: Int, tailBound: Double)
}

/// The architecture of a flow, read from the `flow` section of a configuration.
public struct FlowConfiguration: Sendable, Equatable {
    /// Number of couplings, the depth.
    public var couplingLayers: Int
    /// Widths of the conditioners' hidden layers.
    public var hiddenSizes: [Int]
    /// What the couplings are.
    public var coupling: CouplingKind
    /// Whether an ActNorm layer follows each coupling (in the direction base → data).
    public var actNorm: Bool
    /// What mixes the coordinates between couplings.
    public var mixing: MixingKind
    /// Whether and how θ is kept inside the prior's box.
    public var box: BoxKind
    /// Whether a conditional flow has a trained shift that is linear in x; see ``ContextShift``.
    public var contextShift: Bool

    /// Creates a configuration; see ``FlowParameters`` for meanings and defaults.
    public init(
        couplingLayers: Int = 8, hiddenSizes: [Int] = [64, 64], coupling: CouplingKind = .affine(logScaleLimit: 2),
        actNorm: Bool = true, mixing: MixingKind = .rotation, box: BoxKind = .none, contextShift: Bool = true
    ) {
        self.couplingLayers = couplingLayers
        self.hiddenSizes = hiddenSizes
        self.coupling = coupling
        self.actNorm = actNorm
        self.mixing = mixing
        self.box = box
        self.contextShift = contextShift
    }

    /// Reads resolved parameters; throws when one is missing or of another type.
    public init(_ parameters: ParameterValues) throws(ParameterError) {
        guard let mixing = MixingKind(rawValue: try parameters.string("mixing")) else {
            throw ParameterError(
                name: "mixing", expected: "rotation, permutation, lu or none", found: parameters["mixing"])
        }
        guard let box = BoxKind(rawValue: try parameters.string("box")) else {
            throw ParameterError(name: "box", expected: "none, logit, probit or reject", found: parameters["box"])
        }
        let coupling: CouplingKind
        switch try parameters.string("coupling") {
        case "affine": coupling = .affine(logScaleLimit: try parameters.number("logScaleLimit"))
        case "spline":
            coupling = .spline(
                bins: try parameters.integer("bins"), tailBound: try parameters.number("tailBound"))
        default: throw ParameterError(name: "coupling", expected: "affine or spline", found: parameters["coupling"])
        }
        self.init(
            couplingLayers: try parameters.integer("couplingLayers"),
            hiddenSizes: try parameters.integers("hiddenSizes"),
            coupling: coupling, actNorm: try parameters.boolean("actNorm"), mixing: mixing, box: box,
            contextShift: try parameters.boolean("contextShift"))
    }
}

/// Where a mixture's parameters come from at the start.
public enum MixtureInitialization: Sendable, Equatable {
    /// Weighted EM on the training draws, seen through the flow as initialised.
    case expectationMaximization
    /// Standard normal means, unit scales, equal weights.
    case random
    /// The given means in θ-space with one standard deviation.
    case given(means: [[Double]], standardDeviation: Double)
}

/// The base distribution, read from the `base` section of a configuration.
public enum BaseConfiguration: Sendable, Equatable {
    case gaussian
    case gaussianMixture(GaussianMixtureConfiguration)
    case conditionalGaussianMixture(ConditionalGaussianMixtureConfiguration)
    case studentT(StudentTConfiguration)
    case uniform
    case resampled(ResampledConfiguration)

    /// Reads a resolved choice; throws ``UnknownComponentError`` or a parameter's error. `components` must be a
    /// number by now (`match` is resolved before, and `auto` replaced by what was chosen).
    public init(_ choice: ComponentChoice) throws {
        switch choice.name {
        case DistributionCatalog.gaussian.name: self = .gaussian
        case DistributionCatalog.gaussianMixture.name:
            self = .gaussianMixture(try GaussianMixtureConfiguration(choice.parameters))
        case DistributionCatalog.conditionalGaussianMixture.name:
            self = .conditionalGaussianMixture(try ConditionalGaussianMixtureConfiguration(choice.parameters))
        case DistributionCatalog.studentT.name: self = .studentT(try StudentTConfiguration(choice.parameters))
        case DistributionCatalog.uniform.name: self = .uniform
        case DistributionCatalog.resampled.name: self = .resampled(try ResampledConfiguration(choice.parameters))
        default:
            throw UnknownComponentError(
                kind: "base", name: choice.name, known: DistributionCatalog.descriptions.map(\.name))
        }
    }
}

/// A Gaussian mixture base; see ``DistributionCatalog/gaussianMixture`` for meanings and defaults.
public struct GaussianMixtureConfiguration: Sendable, Equatable {
    /// K.
    public var components: Int
    /// Full covariances, else diagonal.
    public var isFull: Bool
    /// Where the components start.
    public var initialization: MixtureInitialization
    /// Whether they are trained with the flow.
    public var isTrainable: Bool
    /// Fraction of the steps before they are trained.
    public var freezeFraction: Double
    /// Their learning rate as a multiple of the flow's.
    public var learningRateFactor: Double

    /// Creates a configuration.
    public init(
        components: Int, isFull: Bool = false, initialization: MixtureInitialization = .expectationMaximization,
        isTrainable: Bool = true, freezeFraction: Double = 0.1, learningRateFactor: Double = 0.1
    ) {
        self.components = components
        self.isFull = isFull
        self.initialization = initialization
        self.isTrainable = isTrainable
        self.freezeFraction = freezeFraction
        self.learningRateFactor = learningRateFactor
    }

    /// Reads resolved parameters.
    public init(_ parameters: ParameterValues) throws(ParameterError) {
        let initialization: MixtureInitialization
        switch try parameters.string("init") {
        case "em": initialization = .expectationMaximization
        case "random": initialization = .random
        case "given":
            guard let rows = parameters["means"]?.arrayValue else {
                throw ParameterError(
                    name: "means", expected: "K means in θ-space, because init is given", found: parameters["means"])
            }
            var means: [[Double]] = []
            for row in rows {
                means.append(try ParameterValues(["means": row]).numbers("means"))
            }
            initialization = .given(means: means, standardDeviation: try parameters.number("standardDeviation"))
        default:
            throw ParameterError(name: "init", expected: "em, random or given", found: parameters["init"])
        }
        self.init(
            components: try parameters.integer("components"),
            isFull: try parameters.string("covariance") == "full", initialization: initialization,
            isTrainable: try parameters.boolean("trainable"),
            freezeFraction: try parameters.number("freezeFraction"),
            learningRateFactor: try parameters.number("learningRateFactor"))
    }
}

/// A Gaussian mixture base whose parameters a network makes from the context; for conditional flows only.
public struct ConditionalGaussianMixtureConfiguration: Sendable, Equatable {
    /// K.
    public var components: Int
    /// Full covariances, else diagonal.
    public var isFull: Bool
    /// Widths of the network's hidden layers.
    public var hiddenSizes: [Int]

    /// Creates a configuration.
    public init(components: Int, isFull: Bool = true, hiddenSizes: [Int] = [64, 64]) {
        self.components = components
        self.isFull = isFull
        self.hiddenSizes = hiddenSizes
    }

    /// Reads resolved parameters.
    public init(_ parameters: ParameterValues) throws(ParameterError) {
        self.init(
            components: try parameters.integer("components"),
            isFull: try parameters.string("covariance") == "full",
            hiddenSizes: try parameters.integers("hiddenSizes"))
    }
}
