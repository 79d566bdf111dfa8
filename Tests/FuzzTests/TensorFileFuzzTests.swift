import Catalog
import Experiments
import FlowMath
import Metrics
import TestSupport
import Testing
import Training

/// Files of tensors: safetensors in general, a run's checkpoints and its published parameters.
@Suite struct TensorFileFuzzTests {
    private static let tokens = [
        "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"F32\"", "\"F64\"", "[0,4]", "[2,2]", "[]", "[0,0]",
        "\"__metadata__\":{}",
        "\"state\"", "\\\"step\\\":", "\"run\"", "parameters.", "proposal", "\"format\"", "[1073741824,4294967296]",
    ]

    @Test func hostileSafetensors() {
        let seeds = Corpus.inputs("safetensors")
        #expect(seeds.count >= 10)
        let inputs = HostileInputs(seeds: seeds, tokens: Self.tokens, part: 8) { Self.file(&$0).encoded }
        fuzz("safetensors", count: 10_000, inputs) { bytes in
            guard let file = try? Safetensors(decoding: bytes) else { return false }
            let size = file.tensors.reduce(0) { $0 + $1.bytes.count }
            if size > bytes.count { Issue.record("\(size) bytes of tensors from \(bytes.count)") }
            for tensor in file.tensors {
                // What another type holds is none of these.
                if (tensor.floats == nil) != (tensor.dtype != "F32") { Issue.record("\(tensor.dtype)") }
                if let doubles = tensor.doubles, doubles.count != tensor.shape.reduce(1, *) {
                    Issue.record("\(tensor.shape)")
                }
            }
            if (try? Safetensors(decoding: file.encoded))?.tensors.count != file.tensors.count {
                Issue.record("not read back: \(shown(bytes))")
            }
            return true
        }
    }

    /// A file of a few random tensors.
    private static func file(_ random: inout RandomStream) -> Safetensors {
        let tensors = (0..<random.nextIndex(below: 4)).map { number -> Safetensors.Tensor in
            let shape = (0..<random.nextIndex(below: 3)).map { _ in random.nextIndex(below: 4) }
            let count = shape.reduce(1, *)
            let name = random.element(of: ["t", "base.logits", "é", "a\"b", "__metadata__x", ""]) + "\(number)"
            return random.happens(oneIn: 2)
                ? Safetensors.Tensor(
                    name: name, shape: shape, floats: (0..<count).map { _ in Float(random.nextNormal()) })
                : Safetensors.Tensor(name: name, shape: shape, doubles: (0..<count).map { _ in random.nextNormal() })
        }
        return Safetensors(tensors: tensors, metadata: random.happens(oneIn: 2) ? ["format": "x", "é": "\u{0}"] : [:])
    }

    /// The store compares a checkpoint with its digest; this is what happens behind that: an error of its own type, or a
    /// run that goes on to an ordinary end.
    @Test(arguments: [0, 1, 2])
    func hostileCheckpoints(kind: Int) throws {
        let plan = try Self.plan(kind)
        let good = try Self.checkpoint(plan)
        let inputs = HostileInputs(seeds: [good], tokens: Self.tokens, part: 9 + kind) { Self.damagedState(good, &$0) }
        fuzz("checkpoint-\(kind)", count: 120, inputs) { bytes in
            do {
                _ = try executeRun(
                    configuration: plan.runs[0].configuration, evaluation: plan.evaluation, checkpoint: bytes,
                    cache: Forgetful(), directive: { .proceed }, onEvent: { _ in })
                return true
            } catch {
                if !(error is CheckpointError || error is TrainingError) { Issue.record("\(error)") }
                return false
            }
        }
    }

    private static func plan(_ kind: Int) throws -> ExperimentPlan {
        let variants = [
            #""base": {"name": "gmm", "components": 2}, "training": {"#,
            #""base": {"name": "gmm", "components": "auto"}, "training": {"averaging": 3, "#,
            #""base": "gaussian", "training": {"proposal": "adaptive", "roundsKept": 2, "#,
        ]
        let text = """
            {"name": "t", "task": "two-moons", "flow": {"couplingLayers": 1, "hiddenSizes": [4]},
             \(variants[kind]) "draws": 200, "batch": 16, "steps": 6, "stepsPerRound": 2, "historyInterval": 2},
             "evaluation": {"metrics": [], "samples": 100}}
            """
        return try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "t.json")
    }

    private static func checkpoint(_ plan: ExperimentPlan) throws -> [UInt8] {
        var asked = 0
        var latest: [UInt8] = []
        _ = try executeRun(
            configuration: plan.runs[0].configuration, evaluation: plan.evaluation, checkpoint: nil, cache: Forgetful(),
            directive: {
                asked += 1
                return asked == 5 ? .stop : .proceed
            }, onEvent: { if case .checkpoint(let made) = $0 { latest = made.bytes } })
        return latest
    }

    /// A checkpoint in a whole file whose counters, numbers or tensors are wrong.
    private static func damagedState(_ good: [UInt8], _ random: inout RandomStream) -> [UInt8] {
        guard var file = try? Safetensors(decoding: good) else { return good }
        let numbers = [
            "0", "1", "3", "6", "7", "9223372036854775807", "4294967296", "-1", "1e18", "\"1\"", "null", "true",
        ]
        if let counters = try? JSONValue(parsing: file.metadata["state"] ?? ""), var members = counters.objectValue {
            for _ in 0...random.nextIndex(below: 2) {
                let key = random.element(of: members.keys.sorted())
                members[key] = (try? JSONValue(parsing: random.element(of: numbers))) ?? .null
            }
            if random.happens(oneIn: 4) {
                members["proposalRounds"] = .array([
                    .integer(Int.max), .integer(0), .integer(random.nextIndex(below: 5)),
                ])
            }
            file.metadata["state"] = JSONValue.object(members).text
        }
        if random.happens(oneIn: 3), !file.tensors.isEmpty {
            let index = random.nextIndex(below: file.tensors.count)
            for place in file.tensors[index].bytes.indices where random.happens(oneIn: 3) {
                file.tensors[index].bytes[place] = UInt8(random.nextIndex(below: 256))
            }
        }
        if random.happens(oneIn: 8), let text = file.metadata["componentSelection"] {
            file.metadata["componentSelection"] = text.replacingOccurrences(of: "1", with: random.element(of: numbers))
        }
        return file.encoded
    }

    @Test func hostileParameters() throws {
        let plan = try Self.plan(1)
        var published: [UInt8] = []
        let outcome = try executeRun(
            configuration: plan.runs[0].configuration, evaluation: plan.evaluation, checkpoint: nil, cache: Forgetful(),
            directive: { .proceed }, onEvent: { _ in })
        if case .completed(let result) = outcome {
            published = result.artefacts.first { $0.name == "parameters.safetensors" }?.bytes ?? []
        }
        let point = Points(dimension: 2, values: [0.5, -0.5])
        let configuration = plan.runs[0].configuration
        fuzz("parameters", count: 600, HostileInputs(seeds: [published], tokens: Self.tokens, part: 12)) { bytes in
            do {
                let posterior = try TrainedPosterior(configuration: configuration, parameters: bytes)
                // Any floats whatever: numbers come out, useful or not.
                _ = posterior.logProbability(of: point)
                return true
            } catch {
                if !(error is CheckpointError) { Issue.record("\(error)") }
                return false
            }
        }
    }
}

/// Keeps nothing.
private struct Forgetful: ReferenceCache {
    func text(forKey key: String) -> String? { nil }
    func store(_ text: String, forKey key: String) {}
}

extension String {
    /// Foundation's, without Foundation.
    fileprivate func replacingOccurrences(of part: Character, with text: String) -> String {
        map { $0 == part ? text : String($0) }.joined()
    }
}
