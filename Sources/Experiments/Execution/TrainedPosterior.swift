import Catalog
import FlowMath
import Flows
import Tasks
import Training

/// A completed run in use: the flow that its configuration describes with the parameters that it published, a density
/// q(θ) or, for an amortised run, q(θ|x) at any observation x.
public struct TrainedPosterior: Sendable {
    /// What was trained.
    public let configuration: RunConfiguration
    /// The problem it was trained on.
    public let task: any InferenceTask
    /// The density, at `observation`.
    public let density: TrainedFlow

    /// Reads the file `parameters.safetensors` of a run.
    ///
    /// - `recorded`: the hashes kept when the run was published; every tensor is compared with its own. Nil where the
    ///   caller has verified the file.
    ///
    /// Throws ``CheckpointError`` when the file is not a run's parameters or not what was recorded, and
    /// ``ConfigurationError`` when this program's components are of other versions than those trained.
    public init(configuration: RunConfiguration, parameters bytes: [UInt8], recorded: [TensorRecord]? = nil) throws {
        try Self.requireKnownVersions(of: configuration)
        let file: Safetensors
        do { file = try Safetensors(decoding: bytes) } catch { throw CheckpointError.damaged("\(error)") }
        if let recorded { try Self.compare(file, with: recorded) }
        self.configuration = configuration
        task = try TaskCatalog.make(configuration.task)
        let flow = try configuration.makeFlow(
            task: task, components: configuration.choosesComponents ? Self.components(in: file) : nil)
        let parameters = flow.makeParameters()
        for tensor in flow.layout.tensors {
            guard let stored = file.tensor(named: tensor.name), stored.shape == tensor.shape, let floats = stored.floats
            else { throw CheckpointError.damaged("tensor '\(tensor.name)' is missing or has another shape") }
            for (i, value) in floats.enumerated() { parameters.pointer[tensor.offset + i] = value }
        }
        density = TrainedFlow(
            flow: flow, parameters: parameters, observation: flow.contextDimension > 0 ? task.observation : []
        ).restrictedToBox()
    }

    private init(_ other: TrainedPosterior, observation: [Double]) {
        configuration = other.configuration
        task = other.task
        density = other.density.conditioned(on: observation)
    }

    /// D.
    public var dimension: Int { density.dimension }

    /// C, the numbers in an observation of an amortised run; 0 for a run of one posterior.
    public var observationDimension: Int { density.contextDimension }

    /// K of a mixture base; nil for others.
    public var components: Int? {
        switch density.flow.baseConfiguration {
        case .gaussianMixture(let mixture): return mixture.components
        case .conditionalGaussianMixture(let mixture): return mixture.components
        case .gaussian, .studentT, .uniform, .resampled: return nil
        }
    }

    /// The observation of the posterior: the one asked for, else the task's own; empty for density tasks.
    public var observation: [Double] { observationDimension > 0 ? density.observation : task.observation }

    /// The observation that the task has by itself.
    public var taskObservation: [Double] { task.observation }

    /// The same run at another observation. Throws ``ObservationError`` when the run knows no other, or the numbers are
    /// too few, too many or not finite.
    public func conditioned(on observation: [Double]) throws(ObservationError) -> TrainedPosterior {
        guard observationDimension > 0 else { throw .notAmortised }
        guard observation.count == observationDimension else {
            throw .wrongCount(found: observation.count, expected: observationDimension)
        }
        // The engine is single precision.
        if let place = observation.firstIndex(where: { !Float($0).isFinite }) { throw .notFinite(place: place) }
        return TrainedPosterior(self, observation: observation)
    }

    /// Points that are drawn, or evaluated, at a time.
    public static let blockSize = 65_536

    /// `count` draws in blocks of ``blockSize``, the last shorter. Block b comes from the stream (seed, latent, 2^30, b),
    /// which nothing else uses: the first n draws do not depend on `count`.
    public func drawBlocks(count: Int, seed: UInt64, _ body: (Points) throws -> Void) throws {
        var start = 0
        var block: UInt32 = 0
        while start < count {
            let stream = RandomStream(seed: seed, purpose: .latent, step: 1 << 30, substream: block)
            try body(density.sample(count: min(Self.blockSize, count - start), stream: stream))
            start += Self.blockSize
            block &+= 1
        }
    }

    /// log q of each point in nats, in double precision; each at its own observation where `contexts` are given, as many
    /// as points.
    public func logProbability(of points: Points, contexts: Points? = nil) -> [Double] {
        density.doublePrecisionLogProbability(of: points, contexts: contexts)
    }

    /// K as the published tensors say it.
    private static func components(in file: Safetensors) throws(CheckpointError) -> Int {
        guard let shape = file.tensor(named: "base.logits")?.shape, shape.count == 1, (1...4096).contains(shape[0])
        else { throw .damaged("tensor 'base.logits', which says the number of components, is missing or misshapen") }
        return shape[0]
    }

    private static func compare(_ file: Safetensors, with recorded: [TensorRecord]) throws(CheckpointError) {
        let found = RunArtefact(file: file, name: "").tensors
        let expected = recorded.sorted { $0.name < $1.name }
        guard found != expected else { return }
        for (a, b) in zip(found, expected) where a != b {
            throw .damaged("tensor '\(b.name)' is not what was published (SHA-256, type or shape differ)")
        }
        throw .damaged("it holds \(found.count) tensors where \(expected.count) were published")
    }

    /// Numbers of a component of another version would be read in another meaning.
    private static func requireKnownVersions(of run: RunConfiguration) throws(ConfigurationError) {
        let own = ComponentVersions(
            task: run.task.name, base: run.base.name, flow: run.flow, training: run.training, in: .standard)
        for (what, trained, known) in [
            ("task '\(run.task.name)'", run.versions.task, own.task),
            ("base '\(run.base.name)'", run.versions.base, own.base),
            ("coupling '\(run.flow["coupling"]?.stringValue ?? "")'", run.versions.bijection, own.bijection),
        ] where trained != known {
            throw ConfigurationError(
                "the run was trained with version \(trained) of \(what), and this flowexp has version \(known)",
                remedy: "use it with the flowexp that trained it, or sweep its spec again")
        }
    }
}

/// Why a run has no posterior at an observation.
public enum ObservationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The run learnt one posterior only.
    case notAmortised
    case wrongCount(found: Int, expected: Int)
    /// NaN, infinite, or beyond single precision; places count from 0.
    case notFinite(place: Int)

    /// What is wrong, one sentence without a full stop.
    public var description: String {
        switch self {
        case .notAmortised:
            return "this run learnt one posterior, that of its task's own observation; only runs with the objective "
                + "amortised take another"
        case .wrongCount(let found, let expected):
            return
                "an observation of this run's task has \(expected) \(expected == 1 ? "number" : "numbers"), found \(found)"
        case .notFinite(let place): return "number \(place + 1) of the observation is not finite in single precision"
        }
    }
}
