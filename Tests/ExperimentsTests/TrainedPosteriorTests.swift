import Catalog
import Experiments
import FlowMath
import Flows
import Metrics
import Tasks
import Testing
import Training

@Suite struct TrainedPosteriorTests {
    /// A configuration on the 2D inverse problem, whose observation has two numbers.
    private static func configuration(
        base: String = #"{"name": "gmm", "components": 3}"#, flow: String = ""
    ) throws -> RunConfiguration {
        let text = """
            {"name": "tiny", "task": "quadratic-2d", "base": \(base),
             "flow": {"couplingLayers": 2, "hiddenSizes": [8], "mixing": "none"\(flow)},
             "training": {"draws": 500, "batch": 32, "steps": 4, "stepsPerRound": 2, "historyInterval": 2, "warmupSteps": 1},
             "evaluation": {"metrics": ["kl"], "samples": 500, "floorRepetitions": 2}}
            """
        return try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "tiny.json").runs[0].configuration
    }

    private static func amortised(_ base: String = #"{"name": "gmm", "components": 3}"#) throws -> RunConfiguration {
        var configuration = try configuration(base: base)
        configuration.training["objective"] = .string("amortised")
        return configuration
    }

    /// A file of small random parameters for the flow of a configuration.
    private static func file(_ configuration: RunConfiguration, components: Int? = nil) throws -> Safetensors {
        let flow = try configuration.makeFlow(task: TaskCatalog.make(configuration.task), components: components)
        var stream = RandomStream(seed: 5, purpose: .flowInit)
        return Safetensors(
            tensors: flow.layout.tensors.map { tensor in
                Safetensors.Tensor(
                    name: tensor.name, shape: tensor.shape,
                    floats: (0..<tensor.count).map { _ in Float(0.3 * stream.nextNormal()) })
            })
    }

    private static let points = Points(dimension: 2, values: [0.3, -1.2, 2, 1.5, -0.1, 0.05])

    @Test(
        "what a run publishes is the density that its metrics measured",
        arguments: [
            ("\"gaussian\"", ""), (#"{"name": "gmm", "components": 2}"#, #", "coupling": "spline""#),
            (#"{"name": "gmm", "components": 2, "covariance": "diagonal"}"#, #", "box": "logit""#),
            ("\"student-t\"", #", "actNorm": false"#), ("\"uniform\"", #", "box": "probit""#),
            (#"{"name": "resampled", "hiddenSizes": [8], "truncation": 20}"#, ""),
        ])
    func published(base: String, flow: String) throws {
        let configuration = try Self.configuration(base: base, flow: flow)
        let evaluation = EvaluationPlan(
            parameters: ["metrics": .array([.string("kl")]), "samples": .integer(500), "floorRepetitions": .integer(2)])
        let outcome = try executeRun(
            configuration: configuration, evaluation: evaluation, checkpoint: nil, cache: NoCache(),
            directive: { .proceed }, onEvent: { _ in })
        guard case .completed(let result) = outcome else {
            Issue.record("the run did not complete: \(outcome)")
            return
        }
        let artefact = try #require(result.artefacts.first { $0.name == "parameters.safetensors" })
        let posterior = try TrainedPosterior(
            configuration: configuration, parameters: artefact.bytes, recorded: artefact.tensors)
        #expect(posterior.dimension == 2 && posterior.observationDimension == 0)
        // kl is the mean of log p − log q over exact draws: only the published density gives the run's own value again.
        let again = try evaluateRun(
            configuration: configuration, evaluation: evaluation, parameters: artefact.bytes, cache: NoCache())
        #expect(again == result.metrics && again[0].value != nil)

        var drawn: [Points] = []
        try posterior.drawBlocks(count: TrainedPosterior.blockSize + 10, seed: 3) { drawn.append($0) }
        #expect(drawn.map(\.count) == [TrainedPosterior.blockSize, 10])
        #expect(posterior.logProbability(of: drawn[0].prefix(100)).allSatisfy { $0.isFinite })
        var fewer: [Points] = []
        try posterior.drawBlocks(count: 70, seed: 3) { fewer.append($0) }
        #expect(fewer == [drawn[0].prefix(70)])
        try posterior.drawBlocks(count: 70, seed: 4) { #expect($0 != fewer[0]) }
        #expect(drawn[1] != drawn[0].prefix(10))
        #expect(throws: ObservationError.notAmortised) { try posterior.conditioned(on: [4, 2.25]) }
    }

    @Test("an amortised run is a density at every observation")
    func amortised() throws {
        let configuration = try Self.amortised()
        let posterior = try TrainedPosterior(configuration: configuration, parameters: Self.file(configuration).encoded)
        #expect(posterior.observationDimension == 2 && posterior.observation == posterior.taskObservation)
        let own = posterior.logProbability(of: Self.points)
        #expect(try posterior.conditioned(on: posterior.taskObservation).logProbability(of: Self.points) == own)
        let other = try posterior.conditioned(on: [1, 0.5])
        #expect(other.observation == [1, 0.5])
        let there = other.logProbability(of: Self.points)
        #expect(zip(own, there).allSatisfy { $0 != $1 } && there.allSatisfy { $0.isFinite })
        // Each row at its own x.
        let contexts = Points(dimension: 2, values: posterior.taskObservation + [1, 0.5] + posterior.taskObservation)
        #expect(posterior.logProbability(of: Self.points, contexts: contexts) == [own[0], there[1], own[2]])
        #expect(throws: ObservationError.wrongCount(found: 1, expected: 2)) { try posterior.conditioned(on: [1]) }
        #expect(throws: ObservationError.notFinite(place: 1)) { try posterior.conditioned(on: [1, .nan]) }
        #expect(throws: ObservationError.notFinite(place: 0)) { try posterior.conditioned(on: [1e39, 1]) }
    }

    @Test("a number of components that the configuration leaves open is read from the parameters")
    func automatic() throws {
        let three = try Self.configuration()
        var open = three
        open.base.parameters["components"] = .string("auto")
        let bytes = try Self.file(three).encoded
        let posterior = try TrainedPosterior(configuration: open, parameters: bytes)
        #expect(posterior.components == 3)
        #expect(
            try posterior.logProbability(of: Self.points)
                == TrainedPosterior(configuration: three, parameters: bytes).logProbability(of: Self.points))
        let gaussian = try Self.file(Self.configuration(base: "\"gaussian\"")).encoded
        #expect(throws: CheckpointError.self) { try TrainedPosterior(configuration: open, parameters: gaussian) }
    }

    @Test("files that are not what was published are refused, and the tensor is named")
    func damage() throws {
        let configuration = try Self.configuration()
        var file = try Self.file(configuration)
        let bytes = file.encoded
        let shown = #expect(throws: CheckpointError.self) {
            try TrainedPosterior(configuration: configuration, parameters: Array(bytes.dropLast()))
        }
        #expect(shown?.description.contains("safetensors") == true)
        // Of another architecture.
        let wide = try Self.configuration(flow: #", "actNorm": false"#)
        #expect(throws: CheckpointError.self) {
            try TrainedPosterior(configuration: configuration, parameters: Self.file(wide).encoded)
        }
        let recorded = file.tensors.map { TensorRecord(name: $0.name, dtype: $0.dtype, shape: $0.shape, sha256: "") }
        let differs = #expect(throws: CheckpointError.self) {
            try TrainedPosterior(configuration: configuration, parameters: bytes, recorded: recorded)
        }
        #expect(differs?.description.contains("is not what was published") == true)
        let removed = file.tensors.removeLast()
        let missing = #expect(throws: CheckpointError.self) {
            try TrainedPosterior(configuration: configuration, parameters: file.encoded)
        }
        #expect(missing?.description.contains("'\(removed.name)'") == true)
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: CheckpointError.self) {
                try TrainedPosterior(configuration: configuration, parameters: Array(bytes.prefix(length)))
            }
        }
    }

    @Test("a run of another version of a component is not read in a new meaning")
    func versions() throws {
        let configuration = try Self.configuration()
        let bytes = try Self.file(configuration).encoded
        for path in [\ComponentVersions.task, \.base, \.bijection] {
            var old = configuration
            old.versions[keyPath: path] += 1
            #expect(throws: ConfigurationError.self) { try TrainedPosterior(configuration: old, parameters: bytes) }
        }
        // How it was trained does not matter afterwards.
        var old = configuration
        old.versions.trainer += 1
        old.versions.objective += 1
        #expect(throws: Never.self) { try TrainedPosterior(configuration: old, parameters: bytes) }
    }

    @Test(
        "the export names every layer and only tensors that exist",
        arguments: ["rotation", "permutation", "lu", "none"])
    func export(mixing: String) throws {
        let configuration = try Self.configuration(
            flow: ", \"box\": \"logit\""
        ).with(mixing: mixing)
        let file = try Self.file(configuration)
        let posterior = try TrainedPosterior(configuration: configuration, parameters: file.encoded)
        let members = try posterior.exportDescription()
        let layers = try #require(members["layers"]?.arrayValue)
        let kinds = layers.compactMap { $0["kind"]?.stringValue }
        let between = ["rotation": "rotation", "permutation": "rotation", "lu": "triangularLinear"][mixing]
        let expected: [String?] = [
            "affineCoupling", "elementwiseAffine", between, "affineCoupling", "elementwiseAffine", "elementwiseAffine",
            "box",
        ]
        #expect(kinds == expected.compactMap { $0 })
        let names = Set(file.tensors.map(\.name))
        for layer in layers {
            for (key, suffix) in [("network", ".0.weight"), ("matrix", "")] {
                if let name = layer[key]?.stringValue { #expect(names.contains(name + suffix), "\(name)") }
            }
            if let name = layer["name"]?.stringValue {
                let part = ["elementwiseAffine": ".shift", "triangularLinear": ".sign", "box": ".lower"]
                #expect(names.contains(name + (part[layer["kind"]?.stringValue ?? ""] ?? "?")), "\(name)")
            }
        }
        #expect(members["base"]?["components"]?.integerValue == 3 && members["run"]?.stringValue == configuration.id)
        let conditional = try Self.amortised()
        let description = try TrainedPosterior(
            configuration: conditional, parameters: Self.file(conditional).encoded
        ).density.flow.contextDescription
        #expect(description?["name"]?.stringValue == "context")
    }
}

extension RunConfiguration {
    fileprivate func with(mixing: String) -> RunConfiguration {
        var copy = self
        copy.flow["mixing"] = .string(mixing)
        return copy
    }
}
