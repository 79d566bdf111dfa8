import Catalog
import FlowMath
import Tasks

/// Where the observations of a task lie that its simulator yields: an amortised flow has been trained there, and says
/// nothing of any x elsewhere.
public struct ObservationSupport: Sendable {
    /// How many observations were simulated: enough that a genuine one of ten numbers lies outside all of them in one
    /// case of five hundred.
    public static let simulations = 10_000

    private let choice: ComponentChoice
    private let ranges: [ClosedRange<Double>]

    /// Simulates from the prior; nil for a task without a simulator.
    public init?(of task: any InferenceTask, chosenBy choice: ComponentChoice) {
        guard let task = task as? any SimulatorTask else { return nil }
        self.choice = choice
        let prior = RandomStream(seed: 0, purpose: .reference, step: 1 << 30, substream: 0)
        let noise = RandomStream(seed: 0, purpose: .reference, step: 1 << 30, substream: 1)
        let observed = task.simulate(
            at: task.samplePrior(count: Self.simulations, stream: prior), stream: noise)
        ranges = (0..<observed.dimension).map { d in
            var (low, high) = (Double.infinity, -Double.infinity)
            for i in 0..<observed.count where observed[i, d].isFinite {
                low = min(low, observed[i, d])
                high = max(high, observed[i, d])
            }
            return low <= high ? low...high : -.infinity ... .infinity
        }
    }

    /// Why an observation is none that the task yields, without a full stop; nil where nothing speaks against it.
    public func problem(with observation: [Double]) -> String? {
        for (place, (value, range)) in zip(observation, ranges).enumerated() where !range.contains(value) {
            return "x\(place) = \(value) lies outside the \(Self.rounded(range.lowerBound)) to "
                + "\(Self.rounded(range.upperBound)) of 10 000 simulated observations"
        }
        // What a spec would refuse as the task's own.
        var choice = choice
        guard let own = choice.parameters["observation"]?.arrayValue, own.count >= observation.count else { return nil }
        // A task of several dimensions takes the first numbers of a list that is as long as its most dimensions ask for.
        choice.parameters["observation"] = .array(
            observation.map(JSONValue.number) + own.dropFirst(observation.count))
        do {
            _ = try TaskCatalog.make(choice)
            return nil
        } catch let error as ParameterError {
            return "the task expects \(error.expected)"
        } catch {
            return nil
        }
    }

    /// Whether a row of observations is in no range of what was simulated.
    public func isOutside(_ observations: Points, _ row: Int) -> Bool {
        ranges.indices.contains { !ranges[$0].contains(observations[row, $0]) }
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
