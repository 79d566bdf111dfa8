import Catalog
import FlowMath
import Flows
import Tasks
import Training

/// L(θ) = N(θ; m, diag s²) under a uniform prior on a box wide enough to hold all of it.
struct GaussianTarget: InferenceTask {
    var means = [0.4, -0.7]
    var deviations = [0.5, 0.9]
    var halfWidth = 8.0

    var dimension: Int { means.count }
    var priorBox: [ClosedRange<Double>] { Array(repeating: -halfWidth...halfWidth, count: dimension) }
    var observation: [Double] { [] }
    var modeCount: Int? { 1 }
    var modeGeometry: ModeGeometry { .centres }

    func modes(observation: [Double]) -> [Mode] { [Mode(centre: means)] }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        (0..<points.count).map { i in
            var sum = 0.0
            for d in 0..<dimension {
                let z = (points[i, d] - means[d]) / deviations[d]
                sum -= 0.5 * z * z + Elementary.log(deviations[d]) + Elementary.halfLogTwoPi
            }
            return sum
        }
    }

    func logEvidence(observation: [Double]) -> Double { logPriorInside }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var stream = stream
        let values = (0..<(count * dimension)).map {
            means[$0 % dimension] + deviations[$0 % dimension] * stream.nextNormal()
        }
        return Points(dimension: dimension, values: values)
    }
}

/// A flow without couplings: q = N(shift, diag e^(2 logScale)), known in closed form.
func normalFlow(shift: [Double], logScale: [Double]) -> TrainedFlow {
    let flow = Flow(
        dimension: shift.count, configuration: FlowConfiguration(couplingLayers: 0, hiddenSizes: []), base: .gaussian)
    let parameters = flow.makeParameters()
    for (name, values) in [("standardization.shift", shift), ("standardization.logScale", logScale)] {
        let tensor = flow.layout.tensor(named: name)!
        for (d, value) in values.enumerated() { parameters.pointer[tensor.offset + d] = Float(value) }
    }
    return TrainedFlow(flow: flow, parameters: parameters)
}

/// The defaults with changes.
func trainingConfiguration(_ changes: [String: JSONValue]) throws -> TrainingConfiguration {
    var values = ParameterValues([:])
    for parameter in TrainingParameters.parameters { values[parameter.name] = parameter.defaultValue }
    for (name, value) in changes { values[name] = value }
    return try TrainingConfiguration(values)
}
