import Catalog

/// The `evaluation` section of a spec, typed.
public struct EvaluationSettings: Sendable, Equatable {
    /// Names of the metrics, in catalog order, without duplicates.
    public var metrics: [String]
    /// Points from each side for metrics of densities, modes and HPD regions.
    public var samples: Int
    /// Points from each side for `mmd`, `mmd-median`, `energy`.
    public var kernelSamples: Int
    /// Points from each side for `w1`, `w2`.
    public var transportSamples: Int
    /// Points from each side for `sliced-w2`.
    public var slicedSamples: Int
    /// Directions of `sliced-w2`.
    public var slicedProjections: Int
    /// The MMD's largest bandwidth; nil: the median distance of the reference.
    public var bandwidth: Double?
    /// Points from each side for `c2st`.
    public var c2stSamples: Int
    /// Permutations of `mmd-p`.
    public var permutations: Int
    /// How corrected metrics correct the flow's sample.
    public var correction: CorrectionMethod
    /// Pairs of exact samples per measured floor.
    public var floorRepetitions: Int
    /// Amortised runs: pairs (θ, x) of the prior predictive.
    public var conditionalObservations: Int
    /// Amortised runs: points from each side at each fixed observation.
    public var fixedSamples: Int

    /// Reads resolved values; an absent key has its default. Throws ``ParameterError`` for a value of the wrong type or
    /// out of range and ``UnknownComponentError`` for a metric that does not exist.
    public init(_ values: ParameterValues) throws {
        func integer(_ name: String) throws -> Int {
            guard let description = MetricCatalog.evaluationParameters.first(where: { $0.name == name }) else {
                throw ParameterError(name: name, expected: "an evaluation parameter")
            }
            let found = values[name] ?? description.defaultValue
            guard case .integer(let range) = description.kind, let value = found?.integerValue, range.contains(value)
            else {
                throw ParameterError(name: name, expected: "a whole number in its range", found: found)
            }
            return value
        }
        samples = try integer("samples")
        kernelSamples = try integer("kernelSamples")
        transportSamples = try integer("transportSamples")
        slicedSamples = try integer("slicedSamples")
        slicedProjections = try integer("slicedProjections")
        floorRepetitions = try integer("floorRepetitions")
        c2stSamples = try integer("c2stSamples")
        permutations = try integer("permutations")
        let method = values["correction"] ?? .string(CorrectionMethod.psis.rawValue)
        guard let chosen = method.stringValue.flatMap(CorrectionMethod.init(rawValue:)) else {
            let names = CorrectionMethod.allCases.map(\.rawValue).joined(separator: ", ")
            throw ParameterError(name: "correction", expected: "one of \(names)", found: method)
        }
        correction = chosen
        conditionalObservations = try integer("conditionalObservations")
        fixedSamples = try integer("fixedSamples")
        switch values["bandwidth"] {
        case nil, .null, .string("median"): bandwidth = nil
        case let found?:
            guard let value = found.doubleValue, value > 0, value.isFinite else {
                throw ParameterError(name: "bandwidth", expected: "a positive number or \"median\"", found: found)
            }
            bandwidth = value
        }
        let known = MetricCatalog.names
        if let found = values["metrics"] {
            guard let elements = found.arrayValue else {
                throw ParameterError(name: "metrics", expected: "a list of metric names", found: found)
            }
            for element in elements {
                guard let name = element.stringValue else {
                    throw ParameterError(name: "metrics", expected: "a list of metric names", found: element)
                }
                guard known.contains(name) else {
                    throw UnknownComponentError(kind: "metric", name: name, known: known)
                }
            }
            metrics = known.filter { name in elements.contains(.string(name)) }
        } else {
            metrics = MetricCatalog.defaultNames
        }
    }

    /// Canonical JSON of the named settings: the `parameters` of a metric's rows.
    func parameterText(_ names: [String]) -> String {
        let members = names.sorted().compactMap { name -> String? in
            switch name {
            case "samples": return "\"samples\":\(samples)"
            case "kernelSamples": return "\"kernelSamples\":\(kernelSamples)"
            case "transportSamples": return "\"transportSamples\":\(transportSamples)"
            case "slicedSamples": return "\"slicedSamples\":\(slicedSamples)"
            case "slicedProjections": return "\"slicedProjections\":\(slicedProjections)"
            case "floorRepetitions":
                // Left out at 20: rows were keyed without it when 20 was the default, and stay what they are.
                return floorRepetitions == 20 ? nil : "\"floorRepetitions\":\(floorRepetitions)"
            case "c2stSamples": return "\"c2stSamples\":\(c2stSamples)"
            case "permutations": return "\"permutations\":\(permutations)"
            case "correction": return "\"correction\":\"\(correction.rawValue)\""
            case "conditionalObservations": return "\"conditionalObservations\":\(conditionalObservations)"
            case "fixedSamples": return "\"fixedSamples\":\(fixedSamples)"
            case "bandwidth": return "\"bandwidth\":\(bandwidth.map { "\($0)" } ?? "\"median\"")"
            default: return nil
            }
        }
        return "{\(members.joined(separator: ","))}"
    }
}
