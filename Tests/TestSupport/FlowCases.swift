import FlowMath
import Flows

/// One row of the table of flows that every property test runs over. A new bijection or base is tested by adding rows.
public struct FlowCase: Sendable, CustomStringConvertible {
    /// Its name in test output.
    public var description: String
    /// D.
    public var dimension: Int
    /// C; 0 for an unconditional flow.
    public var contextDimension: Int
    /// The bijection.
    public var configuration: FlowConfiguration
    /// The base.
    public var base: BaseConfiguration

    /// A row.
    public init(
        description: String, dimension: Int, contextDimension: Int = 0, configuration: FlowConfiguration,
        base: BaseConfiguration
    ) {
        self.description = description
        self.dimension = dimension
        self.contextDimension = contextDimension
        self.configuration = configuration
        self.base = base
    }

    static func mixture(_ components: Int, full: Bool = false, trainable: Bool = true) -> BaseConfiguration {
        .gaussianMixture(
            GaussianMixtureConfiguration(components: components, isFull: full, isTrainable: trainable))
    }

    /// Every row.
    public static let all = affine + splines

    /// Every base, mixing, depth parity, dimension 1 … 5, conditioners with 0 … 3 hidden layers of odd and large sizes.
    static let affine: [FlowCase] = [
        FlowCase(
            description: "2D gaussian, defaults", dimension: 2, configuration: FlowConfiguration(couplingLayers: 4),
            base: .gaussian),
        FlowCase(
            description: "2D gmm diagonal", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [32, 48]), base: mixture(4)),
        FlowCase(
            description: "2D gmm full", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [16]), base: mixture(3, full: true)),
        FlowCase(
            description: "2D fixed gmm, no mixing, no ActNorm", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [20, 70], actNorm: false, mixing: .none),
            base: mixture(2, trainable: false)),
        FlowCase(
            description: "3D gmm full", dimension: 3,
            configuration: FlowConfiguration(couplingLayers: 5, hiddenSizes: [64, 64]), base: mixture(8, full: true)),
        FlowCase(
            description: "3D permutation, wide", dimension: 3,
            configuration: FlowConfiguration(couplingLayers: 4, hiddenSizes: [100, 130], mixing: .permutation),
            base: .gaussian),
        FlowCase(
            description: "5D three hidden layers", dimension: 5,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [33, 40, 50]),
            base: mixture(2, full: true)),
        FlowCase(
            description: "4D linear conditioner", dimension: 4,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: []), base: mixture(1)),
        FlowCase(
            description: "1D", dimension: 1, configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [8]),
            base: mixture(2)),
        FlowCase(
            description: "2D conditional", dimension: 2, contextDimension: 1,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [24, 40], contextShift: false),
            base: .gaussian),
        FlowCase(
            description: "5D conditional, shift alone", dimension: 5, contextDimension: 7,
            configuration: FlowConfiguration(couplingLayers: 0), base: .gaussian),
        FlowCase(
            description: "3D conditional, wide, many contexts", dimension: 3, contextDimension: 9,
            configuration: FlowConfiguration(couplingLayers: 4, hiddenSizes: [64, 72]), base: mixture(3, full: true)),
        FlowCase(
            description: "1D conditional", dimension: 1, contextDimension: 2,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [16, 70]), base: mixture(2)),
        FlowCase(
            description: "2D conditional gmm full", dimension: 2, contextDimension: 3,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [20]),
            base: .conditionalGaussianMixture(
                ConditionalGaussianMixtureConfiguration(components: 3, hiddenSizes: [24, 40]))),
        FlowCase(
            description: "3D conditional gmm diagonal, linear network", dimension: 3, contextDimension: 1,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [33]),
            base: .conditionalGaussianMixture(
                ConditionalGaussianMixtureConfiguration(components: 2, isFull: false, hiddenSizes: []))),
        FlowCase(
            description: "2D LU mixing", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [24], mixing: .triangular),
            base: mixture(2)),
        FlowCase(
            description: "5D LU mixing", dimension: 5,
            configuration: FlowConfiguration(couplingLayers: 4, hiddenSizes: [32], mixing: .triangular),
            base: .gaussian),
        FlowCase(
            description: "2D probit box", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [24], box: .probit),
            base: mixture(3, full: true)),
        FlowCase(
            description: "3D logit box, LU mixing", dimension: 3,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [24], mixing: .triangular, box: .logit),
            base: .gaussian),
        FlowCase(
            description: "1D probit box", dimension: 1,
            configuration: FlowConfiguration(couplingLayers: 1, hiddenSizes: [8], box: .probit), base: .gaussian),
        FlowCase(
            description: "no coupling", dimension: 2, configuration: FlowConfiguration(couplingLayers: 0),
            base: mixture(3)),
        FlowCase(
            description: "1D student-t", dimension: 1, configuration: FlowConfiguration(couplingLayers: 0),
            base: .studentT(StudentTConfiguration())),
        FlowCase(
            description: "2D student-t", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [24]),
            base: .studentT(StudentTConfiguration(degreesOfFreedom: 3))),
        FlowCase(
            description: "3D fixed student-t", dimension: 3,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [32, 40]),
            base: .studentT(StudentTConfiguration(degreesOfFreedom: 30, isTrainable: false))),
        FlowCase(
            description: "5D student-t", dimension: 5,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [40]),
            base: .studentT(StudentTConfiguration(degreesOfFreedom: 2.2))),
        FlowCase(
            description: "1D uniform", dimension: 1, configuration: FlowConfiguration(couplingLayers: 0), base: .uniform
        ),
        FlowCase(
            description: "2D uniform", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [24]), base: .uniform),
        FlowCase(
            description: "3D uniform", dimension: 3,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [32, 40]), base: .uniform),
        FlowCase(
            description: "5D uniform", dimension: 5,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [40]), base: .uniform),
        FlowCase(
            description: "1D resampled", dimension: 1, configuration: FlowConfiguration(couplingLayers: 0),
            base: .resampled(ResampledConfiguration(hiddenSizes: [20, 24]))),
        FlowCase(
            description: "2D resampled", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [24]),
            base: .resampled(ResampledConfiguration())),
        FlowCase(
            description: "2D resampled, few attempts, linear network", dimension: 2,
            configuration: FlowConfiguration(couplingLayers: 0),
            base: .resampled(ResampledConfiguration(hiddenSizes: [], truncation: 3))),
        FlowCase(
            description: "3D resampled", dimension: 3,
            configuration: FlowConfiguration(couplingLayers: 3, hiddenSizes: [32, 40]),
            base: .resampled(ResampledConfiguration(hiddenSizes: [100], truncation: 10))),
        FlowCase(
            description: "5D resampled", dimension: 5,
            configuration: FlowConfiguration(couplingLayers: 2, hiddenSizes: [40]),
            base: .resampled(ResampledConfiguration(hiddenSizes: [48, 64]))),
    ]

    /// The flow with every trainable parameter random (also the last layers, which start at zero).
    public func makeRandom(seed: UInt64 = 7) -> (flow: Flow, parameters: AlignedBuffer) {
        let flow = Flow(
            dimension: dimension, contextDimension: contextDimension, bounds: bounds, configuration: configuration,
            base: base)
        let draws = points(count: 64, seed: seed)
        let parameters = flow.initialParameters(
            draws: draws, weights: [Double](repeating: 1.0 / 64, count: 64),
            contexts: contextDimension > 0 ? contexts(count: 64, seed: seed) : nil, seed: seed)
        var stream = RandomStream(seed: seed, purpose: .baseInit, substream: 99)
        for tensor in flow.layout.tensors where tensor.role.isTrained {
            // A wild flow would push a box's points onto its edges, where single precision ends.
            let scale =
                (configuration.box == .none ? 1 : 0.3)
                * (tensor.decays ? 0.7 / Double(max(tensor.shape.last!, 1)).squareRoot() : 0.3)
            for index in tensor.range { parameters.pointer[index] += Float(scale * stream.nextNormal()) }
        }
        flow.measureNormalizer(parameters, seed: seed, draws: 200_000)
        return (flow, parameters)
    }

    /// An observation that is not at the contexts' mean.
    public var observation: [Double] { (0..<contextDimension).map { 1.5 - 0.4 * Double($0) } }

    /// One observation per point, around 2 with standard deviation 3.
    public func contexts(count: Int, seed: UInt64 = 7) -> Points {
        var stream = RandomStream(seed: seed, purpose: .validation)
        return Points(
            dimension: contextDimension,
            values: (0..<(count * contextDimension)).map { _ in 2 + 3 * stream.nextNormal() })
    }

    /// The box of rows that have one.
    public var bounds: [ClosedRange<Double>] {
        (0..<dimension).map { d in -3.0...(2 + Double(d)) }
    }

    /// Points of a wide normal, off centre; with a box, uniform in it.
    public func points(count: Int, seed: UInt64 = 7) -> Points {
        var stream = RandomStream(seed: seed, purpose: .reference)
        if configuration.box != .none {
            let values = (0..<(count * dimension)).map { i in
                stream.nextUniform(bounds[i % dimension].lowerBound, bounds[i % dimension].upperBound)
            }
            return Points(dimension: dimension, values: values)
        }
        return Points(
            dimension: dimension, values: (0..<(count * dimension)).map { _ in 0.5 + 1.5 * stream.nextNormal() })
    }
}
