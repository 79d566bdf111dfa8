import Catalog
import FlowMath
import Flows
import Tasks
import Testing
import Training

/// `"components": "auto"` on the tasks at 100 000 likelihood evaluations; seeds that nothing was tuned on. The table over
/// 20 seeds is `flowexp bench --workload component-selection`.
@Suite struct ComponentSelectionTaskTests {
    private static func flow(_ dimension: Int, _ box: [ClosedRange<Double>]) -> Flow {
        Flow(
            dimension: dimension, bounds: box, configuration: FlowConfiguration(),
            base: .gaussianMixture(GaussianMixtureConfiguration(components: 1, isFull: true)))
    }

    @Test(
        arguments: [
            ("corners", "quasi"), ("cube", "random"), ("ring", "quasi"), ("unequal", "random"), ("two-moons", "quasi"),
            ("quadratic-2d", "random"), ("quadratic-3d", "quasi"), ("quadratic-3d", "random"),
        ])
    func modesAreFound(_ name: String, _ sequence: String) throws {
        var values: [String: JSONValue] = [:]
        for parameter in try #require(TaskCatalog.entry(named: name)).description.parameters {
            values[parameter.name] = parameter.defaultValue
        }
        let task = try TaskCatalog.make(ComponentChoice(name: name, parameters: ParameterValues(values)))
        var training = ParameterValues()
        for parameter in TrainingParameters.parameters { training[parameter.name] = parameter.defaultValue }
        training["drawSequence"] = .string(sequence)
        let pool = try FirstPool(task: task, configuration: TrainingConfiguration(training), seed: 230)
        let selection = try pool.selectComponents(for: Self.flow(task.dimension, task.priorBox))
        #expect(selection.modes == task.modeCount)
        #expect(selection.components >= selection.modes)
    }

    /// Posterior N(x/2, .05 I) in 10 dimensions under the prior N(0, .1 I), x ~ N(θ, .1 I): few draws have much weight, and
    /// every component has 65 numbers to fit them with.
    @Test func aGaussianHasOneComponent() {
        var stream = RandomStream(seed: 230, purpose: .reference)
        let observation = (0..<10).map { _ in 0.2.squareRoot() * stream.nextNormal() }
        let points = Points(dimension: 10, values: (0..<200_000).map { _ in 0.1.squareRoot() * stream.nextNormal() })
        let selection = select(points, []) { i in
            (0..<10).reduce(0) { $0 - (points[i, $1] - observation[$1]) * (points[i, $1] - observation[$1]) / 0.2 }
        }
        #expect(selection.components == 1 && selection.modes == 1)
        #expect(selection.evidence.count > 1)
    }

    /// x ~ ½N(θ, I) + ½N(θ, .01 I), prior U(−10, 10)²: two components, one mode.
    @Test(arguments: [[0.3, -1.1], [-6.0, 5.5]])
    func aScaleMixtureHasOneMode(_ observation: [Double]) {
        let box = [-10.0...10.0, -10.0...10.0]
        let points = SobolSequence.points(0..<100_000, box: box, stream: RandomStream(seed: 230, purpose: .pool))
        let selection = select(points, box) { i in
            let squared = (0..<2).reduce(0) { sum, d in
                sum + (points[i, d] - observation[d]) * (points[i, d] - observation[d])
            }
            return Elementary.log(Elementary.exp(-squared / 2) + 100 * Elementary.exp(-squared / 0.02) + 1e-300)
        }
        #expect(selection.components == 2 && selection.modes == 1)
    }

    private func select(
        _ points: Points, _ box: [ClosedRange<Double>], logLikelihood: (Int) -> Double
    ) -> ComponentSelection {
        let logWeights = (0..<points.count).map(logLikelihood)
        let total = logSumExp(logWeights)
        return Self.flow(points.dimension, box).selectComponents(
            draws: points, weights: logWeights.map { Elementary.exp($0 - total) }, seed: 230)
    }
}
