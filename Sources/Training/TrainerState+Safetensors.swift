import Catalog
import Flows

extension TrainerState {
    /// The state as tensors by parameter name (`parameters.…`, `firstMoment.…`, `secondMoment.…`,
    /// `averageParameters.…`, `bestParameters.…`, `proposal<round>.…`) and one JSON text with the counters.
    public func tensors(layout: ParameterLayout) -> [Safetensors.Tensor] {
        var result: [Safetensors.Tensor] = []
        for (prefix, buffer) in buffers where !buffer.isEmpty {
            for tensor in layout.tensors {
                result.append(
                    Safetensors.Tensor(
                        name: "\(prefix).\(tensor.name)", shape: tensor.shape, floats: Array(buffer[tensor.range])))
            }
        }
        return result
    }

    private var buffers: [(String, [Float])] {
        [
            ("parameters", parameters), ("firstMoment", firstMoment), ("secondMoment", secondMoment),
            ("averageParameters", averageParameters), ("bestParameters", bestParameters),
        ] + proposalRounds.map { ("proposal\($0.number)", $0.parameters) }
    }

    /// The counters as JSON; doubles as bit patterns in decimal, so that nothing is rounded and infinity can be kept.
    public var countersJSON: String {
        var counters: [String: JSONValue] = [
            "step": .integer(step), "flowUpdates": .integer(flowUpdates), "baseUpdates": .integer(baseUpdates),
            "nonfiniteBatches": .integer(nonfiniteBatches), "consecutiveNonfinite": .integer(consecutiveNonfinite),
            "lossSum": .string(String(lossSum.bitPattern)), "lossCount": .integer(lossCount),
            "bestValidationLoss": .string(String(bestValidationLoss.bitPattern)), "bestStep": .integer(bestStep),
            "validationsSinceBest": .integer(validationsSinceBest), "stoppedEarly": .bool(stoppedEarly),
        ]
        if laterDraws > 0 { counters["laterDraws"] = .integer(laterDraws) }
        if !proposalRounds.isEmpty {
            counters["proposalRounds"] = .array(proposalRounds.map { .integer($0.number) })
            counters["inverseTemperature"] = .string(String(inverseTemperature.bitPattern))
        }
        return JSONValue.object(counters).text
    }

    /// Reads a state back; throws ``TrainingError/checkpoint(_:)`` when something is missing or of another shape.
    public init(file: Safetensors, countersJSON: String, layout: ParameterLayout) throws(TrainingError) {
        guard let counters = try? JSONValue(parsing: countersJSON) else {
            throw .checkpoint("the checkpoint's counters are not JSON")
        }
        func integer(_ name: String) throws(TrainingError) -> Int {
            guard let value = counters[name]?.integerValue, value >= 0 else {
                throw .checkpoint("the checkpoint's counter '\(name)' is missing")
            }
            return value
        }
        func double(_ name: String) throws(TrainingError) -> Double {
            guard let text = counters[name]?.stringValue, let bits = UInt64(text) else {
                throw .checkpoint("the checkpoint's counter '\(name)' is missing")
            }
            return Double(bitPattern: bits)
        }
        func buffer(_ prefix: String) throws(TrainingError) -> [Float] {
            var values = [Float](repeating: 0, count: layout.count)
            for tensor in layout.tensors {
                guard let stored = file.tensor(named: "\(prefix).\(tensor.name)"), stored.shape == tensor.shape,
                    let floats = stored.floats
                else { throw .checkpoint("the checkpoint's tensor '\(prefix).\(tensor.name)' is missing") }
                values.replaceSubrange(tensor.range, with: floats)
            }
            return values
        }
        self.init()
        step = try integer("step")
        flowUpdates = try integer("flowUpdates")
        baseUpdates = try integer("baseUpdates")
        nonfiniteBatches = try integer("nonfiniteBatches")
        consecutiveNonfinite = try integer("consecutiveNonfinite")
        lossSum = try double("lossSum")
        lossCount = try integer("lossCount")
        bestValidationLoss = try double("bestValidationLoss")
        bestStep = try integer("bestStep")
        validationsSinceBest = try integer("validationsSinceBest")
        laterDraws = counters["laterDraws"]?.integerValue ?? 0
        stoppedEarly = counters["stoppedEarly"]?.boolValue ?? false
        for value in counters["proposalRounds"]?.arrayValue ?? [] {
            guard let number = value.integerValue, number >= 0 else {
                throw .checkpoint("the checkpoint's counter 'proposalRounds' is not a list of round numbers")
            }
            proposalRounds.append(
                ProposalState(number: number, parameters: number == 0 ? [] : try buffer("proposal\(number)")))
        }
        if !proposalRounds.isEmpty { inverseTemperature = try double("inverseTemperature") }
        parameters = try buffer("parameters")
        firstMoment = try buffer("firstMoment")
        secondMoment = try buffer("secondMoment")
        if file.tensors.contains(where: { $0.name.hasPrefix("averageParameters.") }) {
            averageParameters = try buffer("averageParameters")
        }
        if file.tensors.contains(where: { $0.name.hasPrefix("bestParameters.") }) {
            bestParameters = try buffer("bestParameters")
        }
    }
}
