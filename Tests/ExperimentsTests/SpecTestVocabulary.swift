import Catalog
import Experiments
import FlowMath
import Tasks

/// A small fixed vocabulary, so that these tests do not change when the catalogs grow.
enum SpecTest {
    static let vocabulary = SpecVocabulary(
        tasks: [
            task("two-moons", modes: 2), task("unequal", modes: 3), ringEntry,
            task("mystery", modes: nil, [number("noise", 0...1, 0.5)]),
        ],
        bases: [
            component("gaussian"),
            component(
                "gmm",
                [
                    ParameterDescription(
                        "components", .anyOf([.integer(1...64), .choice(["match"])]), default: .string("match"), "K"),
                    ParameterDescription("init", .choice(["em", "random", "given"]), default: .string("em"), "start"),
                    ParameterDescription(
                        "means", .list(.list(number(-10...10), count: 1...8), count: 1...64), default: nil, "means"),
                    ParameterDescription("standardDeviation", number(0...10), default: nil, "sd"),
                ]),
            component("student-t", [number("degreesOfFreedom", 2...100, 5)]),
        ],
        couplings: [component("affine", version: 3), component("spline", version: 7)],
        objectives: [component("likelihood-weighted"), component("maximum-likelihood", version: 2)],
        trainerVersion: 4,
        flow: [
            ParameterDescription("coupling", .choice(["affine", "spline"]), default: .string("affine"), "kind"),
            ParameterDescription("couplingLayers", .integer(0...128), default: .integer(8), "depth"),
            ParameterDescription(
                "hiddenSizes", .list(.integer(1...1024), count: 0...4), default: .array([.integer(64), .integer(64)]),
                "widths"),
            ParameterDescription(
                "actNorm", .boolean, default: .bool(true), absent: .bool(false), "added in a later version"),
        ],
        training: [
            ParameterDescription(
                "objective", .choice(["likelihood-weighted", "maximum-likelihood"]),
                default: .string("likelihood-weighted"), "loss"),
            ParameterDescription("steps", .integer(0...1_000_000), default: .integer(1000), "steps"),
            ParameterDescription("batch", .integer(1...4096), default: .integer(256), "batch"),
            ParameterDescription(
                "learningRate", .number(0...10, exclusiveMinimum: true), default: .number(0.001), "rate"),
        ],
        evaluation: [
            ParameterDescription(
                "metrics", .list(.choice(["mmd", "kl"]), count: 0...2), default: .array([.string("mmd")]), "metrics"),
            ParameterDescription("samples", .integer(100...100_000), default: .integer(1000), "n"),
        ])

    static func plan(_ text: String) throws(SpecDiagnostics) -> ExperimentPlan {
        try ExperimentPlan.read(bytes: Array(text.utf8), fileName: "spec.json", vocabulary: vocabulary)
    }

    /// The diagnostics of a spec, warnings of a good one included.
    static func diagnostics(_ text: String) -> SpecDiagnostics {
        do {
            return try ExperimentSpec.read(bytes: Array(text.utf8), fileName: "spec.json", vocabulary: vocabulary)
                .warnings
        } catch {
            return error
        }
    }

    private static func number(_ range: ClosedRange<Double>) -> ParameterDescription.Kind {
        .number(range, exclusiveMinimum: false)
    }

    private static func number(_ name: String, _ range: ClosedRange<Double>, _ value: Double) -> ParameterDescription {
        ParameterDescription(name, number(range), default: .number(value), name)
    }

    private static func component(
        _ name: String, version: Int = 1, _ parameters: [ParameterDescription] = []
    ) -> ComponentDescription {
        ComponentDescription(
            name: name, version: version, summary: "", definition: "", source: "", parameters: parameters)
    }

    private static func task(
        _ name: String, modes: Int?, _ parameters: [ParameterDescription] = []
    ) -> TaskCatalog.Entry {
        TaskCatalog.Entry(component(name, parameters)) { _ in StubTask(modeCount: modes) }
    }

    private static let ringEntry = TaskCatalog.Entry(
        component(
            "ring", version: 5,
            [
                ParameterDescription("modes", .integer(2...100), default: .integer(8), "M"),
                number("width", 0...2, 1),
            ])
    ) { values in
        let modes = try values.integer("modes")
        if modes == 13 { throw ParameterError(name: "modes", expected: "a luckier number", found: .integer(13)) }
        return StubTask(modeCount: modes)
    }
}

/// A task of which only the number of modes matters here.
private struct StubTask: InferenceTask {
    let modeCount: Int?
    let dimension = 2
    let priorBox: [ClosedRange<Double>] = [0...1, 0...1]
    let observation: [Double] = []

    func modes(observation: [Double]) -> [Mode] { [] }
    func logLikelihood(of points: Points, observation: [Double]) -> [Double] { [] }
    func logEvidence(observation: [Double]) -> Double { 0 }
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        Points(dimension: 2, values: [])
    }
}
