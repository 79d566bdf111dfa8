import Catalog
import FlowMath
import Tasks
import TestSupport
import Testing

@Suite("The contract of every task")
struct TaskContractTests {
    @Test(arguments: TaskSetting.defaults + TaskSetting.others)
    func keepsTheContract(setting: TaskSetting) throws {
        let failures = checkTask(try setting.make())
        #expect(failures.isEmpty, "\(failures)")
    }

    @Test func catalogIsComplete() {
        // TaskReproducibilityTests has a digest of each, so that none is lost.
        let names = TaskCatalog.entries.map(\.description.name)
        #expect(Set(names).count == names.count)
        for entry in TaskCatalog.entries {
            let description = entry.description
            #expect(!description.summary.isEmpty && !description.definition.isEmpty && !description.source.isEmpty)
            #expect(description.version >= 1)
            for parameter in description.parameters {
                #expect(!parameter.summary.isEmpty)
                #expect(parameter.defaultValue != nil)
            }
        }
    }

    /// The checker must be able to fail: wrong evidence, wrong sampler, wrong modes, wrong saddle.
    @Test(arguments: BrokenTask.Fault.allCases)
    func checkerFindsFaults(fault: BrokenTask.Fault) throws {
        let corners = try TaskCatalog.make(ComponentChoice(name: "corners"))
        let failures = checkTask(BrokenTask(base: corners, fault: fault))
        #expect(failures.contains { $0.contains(fault.rawValue) }, "\(failures)")
    }

    /// Likewise for a simulator: pairs, rows, noise, observations.
    @Test(arguments: BrokenSimulator.Fault.allCases)
    func checkerFindsFaultsOfSimulators(fault: BrokenSimulator.Fault) throws {
        let task = try TaskCatalog.make(ComponentChoice(name: "quadratic-2d"))
        let failures = checkTask(BrokenSimulator(base: try #require(task as? any SimulatorTask), fault: fault))
        #expect(failures.contains { $0.contains(fault.rawValue) }, "\(failures)")
    }

    @Test func simulators() throws {
        let names = try TaskCatalog.entries.map(\.description.name).filter {
            try TaskCatalog.make(ComponentChoice(name: $0)) is any SimulatorTask
        }
        #expect(
            names == ["quadratic-2d", "quadratic-3d", "sbibm-two-moons", "slcp", "gaussian-linear", "two-scale"])
    }
}

/// `quadratic-2d` with one fault of its simulator.
struct BrokenSimulator: SimulatorTask {
    enum Fault: String, CaseIterable {
        case pairs = "differs from its single observation"
        case rows = "x depends on the rows that follow"
        case noise = "posterior draws do not agree with the simulator"
        case fixed = "fixed observation 3 has 1 numbers"
    }

    let base: any SimulatorTask
    let fault: Fault

    var dimension: Int { base.dimension }
    var priorBox: [ClosedRange<Double>] { base.priorBox }
    var observation: [Double] { base.observation }
    var modeCount: Int? { base.modeCount }
    var fixedObservations: [[Double]] {
        var observations = base.fixedObservations
        if fault == .fixed { observations[3] = [1] }
        return observations
    }

    func modes(observation: [Double]) -> [Mode] { base.modes(observation: observation) }
    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        base.logLikelihood(of: points, observation: observation)
    }
    func logLikelihood(of points: Points, observations: Points) -> [Double] {
        base.logLikelihood(of: points, observations: observations).map { fault == .pairs ? $0 + 1e-9 : $0 }
    }
    func logEvidence(observation: [Double]) -> Double { base.logEvidence(observation: observation) }
    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        base.samplePosterior(count: count, observation: observation, stream: stream)
    }
    func simulate(at points: Points, stream: RandomStream) -> Points {
        var simulated = base.simulate(at: points, stream: stream)
        if fault == .rows { simulated[0, 0] += points[points.count - 1, 0] }
        // Twice the noise.
        if fault == .noise {
            for index in simulated.values.indices {
                let mean = points.values[index] * points.values[index]
                simulated.values[index] = mean + 2 * (simulated.values[index] - mean)
            }
        }
        return simulated
    }
}

/// `corners` with one fault; the raw value is part of the sentence that must be reported.
struct BrokenTask: InferenceTask {
    enum Fault: String, CaseIterable {
        case evidence = "integrates to"
        case missingMode = "samples do not follow the density"
        case batchDependence = "differs alone and in a batch"
        case countDependence = "samples depend on the count"
        case shiftedMode = "is not a local maximum"
        case saddle = "a grid search finds"
        case modeCount = "modeCount is 3"
    }

    let base: any InferenceTask
    let fault: Fault

    var dimension: Int { base.dimension }
    var priorBox: [ClosedRange<Double>] { base.priorBox }
    var observation: [Double] { base.observation }
    var modeCount: Int? { fault == .modeCount ? 3 : base.modeCount }

    func modes(observation: [Double]) -> [Mode] {
        base.modes(observation: observation).map { mode in
            Mode(centre: mode.centre.map { fault == .shiftedMode ? $0 + 0.015 : $0 })
        }
    }

    func logLikelihood(of points: Points, observation: [Double]) -> [Double] {
        var values = base.logLikelihood(of: points, observation: observation)
        if fault == .batchDependence && points.count > 1 { values[1] += 1e-9 }
        return values
    }

    func logEvidence(observation: [Double]) -> Double {
        base.logEvidence(observation: observation) + (fault == .evidence ? 1e-4 : 0)
    }

    func samplePosterior(count: Int, observation: [Double], stream: RandomStream) -> Points {
        var shifted = stream
        if fault == .countDependence { shifted = stream.substream(UInt32(count)) }
        var points = base.samplePosterior(count: count, observation: observation, stream: shifted)
        // One sample in a hundred of one mode is moved to another.
        if fault == .missingMode {
            for i in stride(from: 0, to: points.count, by: 25) { points[i, 0] = abs(points[i, 0]) }
        }
        return points
    }

    func logSeparatingDensity(observation: [Double]) -> Double? {
        base.logSeparatingDensity(observation: observation).map { $0 + (fault == .saddle ? 0.3 : 0) }
    }
}
