import Catalog
import FlowMath
import Flows
import Metrics

/// All workloads; the numbering W1 … is that of docs/performance.md.
public enum WorkloadCatalog {
    private static let steps = 50
    private static let points = 100_000

    /// In the order in which `flowexp bench` runs them.
    public static let workloads: [Workload] = [
        training("train-realnvp-2d", "W1: training steps, 8 affine couplings 1-64-64-2, batch 1024", .realNVP),
        training("train-realnvp-2d-gmm", "W2: the same with a trainable mixture of 4 as base", .realNVPMixture),
        training(
            "train-cond-3d", "W3: conditional, D = 3, 3 numbers of context, 8 affine couplings 128-128, batch 1024",
            .conditional),
        training("train-nsf-2d", "W4: training steps, 6 spline couplings of 8 bins 1-64-64-23, batch 1024", .splines),
        Workload(
            name: "sample", summary: "W5: sampling W1's flow", unit: .pointsPerSecond, amount: Double(points),
            gigaflops: TrainingArchitecture.realNVP.gigaflopsPerStep / 3 / 1024 * Double(points)
        ) {
            let flow = flowOfW1()
            return { _ = flow.sample(count: points, stream: RandomStream(seed: 1, purpose: .latent)) }
        },
        Workload(
            name: "logprob", summary: "W5: log density under W1's flow", unit: .pointsPerSecond,
            amount: Double(points), gigaflops: TrainingArchitecture.realNVP.gigaflopsPerStep / 3 / 1024 * Double(points)
        ) {
            let flow = flowOfW1()
            let samples = flow.sample(count: points, stream: RandomStream(seed: 1, purpose: .latent))
            return { _ = flow.logProbability(of: samples) }
        },
        metric("mmd-median", name: "mmd", count: 10_000),
        metric("mmd", name: "mmd-five-scale", count: 10_000),
        metric("energy", name: "energy", count: 10_000),
        metric("w2", name: "w2-exact", count: 2_000),
        metric("w2", name: "w2-exact-5000", count: 5_000),
        metric("sliced-w2", name: "w2-sliced", count: 10_000),
        MultiplyAddPeak.workload,
    ]

    /// The workload named `name`, if any.
    public static func workload(named name: String) -> Workload? {
        workloads.first { $0.name == name }
    }

    private static func training(_ name: String, _ summary: String, _ architecture: TrainingArchitecture) -> Workload {
        Workload(
            name: name, summary: summary, unit: .stepsPerSecond, amount: Double(steps),
            gigaflops: architecture.gigaflopsPerStep * Double(steps)
        ) {
            let workload = try TrainingWorkload(architecture)
            return { workload.run(steps: steps) }
        }
    }

    private static func flowOfW1() -> TrainedFlow {
        let flow = TrainingArchitecture.realNVP.makeFlow()
        return TrainedFlow(
            flow: flow,
            parameters: flow.initialParameters(
                draws: normalPoints(1024, seed: 3), weights: [Double](repeating: 1.0 / 1024, count: 1024), seed: 0))
    }

    private static func metric(_ metric: String, name: String, count: Int) -> Workload {
        Workload(
            name: name, summary: "W6: \(metric) of two samples of \(count) points in 2D", unit: .seconds, amount: 1,
            gigaflops: nil
        ) {
            let (a, b) = (normalPoints(count, seed: 1), normalPoints(count, seed: 2))
            // As in a sweep, where a task's bandwidth is computed once.
            var parameters: ParameterValues = [:]
            if metric.hasPrefix("mmd") {
                let median = try sampleMetric(named: "mmd-median", a, b)[0].details["bandwidth"]
                parameters["bandwidth"] = median.map(JSONValue.number)
            }
            return { [parameters] in _ = try? sampleMetric(named: metric, a, b, parameters: parameters) }
        }
    }

    private static func normalPoints(_ count: Int, seed: UInt64) -> Points {
        var stream = RandomStream(seed: seed, purpose: .reference)
        return Points(dimension: 2, values: (0..<(2 * count)).map { _ in stream.nextNormal() })
    }
}
