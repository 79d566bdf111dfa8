import FlowMath
import Synchronization
import Tasks

/// The pairs (θ*, x) at which every amortised flow of a task is judged, and what is exact about them.
///
/// θ* ~ prior, x ~ p(x|θ*), from streams keyed by the task's configuration: all runs of a task share them.
package struct ConditionalReference: Sendable, Equatable {
    /// Prior draws among which each x chooses its TARP reference point.
    static let candidates = 1_024

    /// The θ*, D coordinates each.
    let truths: Points
    /// One x for each θ*, C numbers each.
    let observations: Points
    /// log p(θ*), nats.
    let logPrior: [Double]
    /// What took most of the time, as it is kept between processes.
    let stored: Stored
    /// For each x the point of θ-space from which TARP measures distances: the likeliest of 1 024 prior draws.
    let referencePoints: Points
    /// Seed of everything that is drawn for the reference.
    let seed: UInt64

    private enum Steps {
        static let truths: UInt32 = 0
        static let observations: UInt32 = 1
        static let candidates: UInt32 = 2
        static let ties: UInt32 = 3
    }

    /// log p(θ*|x), nats: the task's exact posterior.
    var logPosterior: [Double] { stored.logPosterior }

    /// A stream that decides ties of the ranks of one statistic.
    func tieStream(statistic: Int) -> RandomStream {
        RandomStream(
            seed: seed, purpose: .reference, step: Steps.ties, substream: UInt32(truncatingIfNeeded: statistic))
    }

    /// Draws `count` pairs; `stored` gives what is dear to compute, when it is known.
    init(task: any SimulatorTask, count: Int, seed: UInt64, stored: Stored? = nil) {
        self.seed = seed
        truths = task.samplePrior(
            count: count, stream: RandomStream(seed: seed, purpose: .reference, step: Steps.truths))
        observations = task.simulate(
            at: truths, stream: RandomStream(seed: seed, purpose: .reference, step: Steps.observations))
        logPrior = task.logPrior(of: truths)
        let candidates = task.samplePrior(
            count: Self.candidates, stream: RandomStream(seed: seed, purpose: .reference, step: Steps.candidates))
        let found = stored ?? Stored(task: task, truths: truths, observations: observations, candidates: candidates)
        self.stored = found
        let dimension = task.dimension
        referencePoints = Points(
            dimension: dimension,
            values: found.likeliest.flatMap { candidates.values[($0 * dimension)..<(($0 + 1) * dimension)] })
    }

    /// What is kept between processes.
    struct Stored: Sendable, Equatable {
        var logPosterior: [Double]
        /// The number of the likeliest candidate at each x.
        var likeliest: [Int]

        init(task: any SimulatorTask, truths: Points, observations: Points, candidates: Points) {
            logPosterior = []
            likeliest = []
            for i in 0..<truths.count {
                let observation = ConditionalReference.row(observations, i)
                let truth = Points(dimension: truths.dimension, values: ConditionalReference.row(truths, i))
                logPosterior += task.logPosterior(of: truth, observation: observation)
                // Where no candidate is possible any will do: it must only be a function of x and of draws made before.
                var best = i % candidates.count
                var highest = -Double.infinity
                for (k, value) in task.logLikelihood(of: candidates, observation: observation).enumerated()
                where value > highest {
                    best = k
                    highest = value
                }
                likeliest.append(best)
            }
        }

        /// Lossless text.
        var text: String {
            "conditional/1\nlogPosterior " + logPosterior.map { "\($0)" }.joined(separator: " ") + "\nlikeliest "
                + likeliest.map { "\($0)" }.joined(separator: " ") + "\n"
        }

        /// Reads ``text``; nil when it is damaged or of another number of pairs.
        init?(text: String, count: Int) {
            let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
            guard lines.count == 3, lines[0] == ["conditional/1"], lines[1].first == "logPosterior",
                lines[2].first == "likeliest"
            else { return nil }
            logPosterior = lines[1].dropFirst().compactMap { Double($0) }
            likeliest = lines[2].dropFirst().compactMap { Int($0) }
            guard logPosterior.count == count, likeliest.count == count,
                likeliest.allSatisfy({ (0..<ConditionalReference.candidates).contains($0) })
            else { return nil }
        }
    }

    /// Row i of `points`.
    static func row(_ points: Points, _ i: Int) -> [Double] {
        Array(points.values[(i * points.dimension)..<((i + 1) * points.dimension)])
    }
}

/// The conditional references of this process, each computed once however many workers ask: a second worker with the
/// same task waits, workers with other tasks do not.
final class ConditionalReferenceRegistry: Sendable {
    static let shared = ConditionalReferenceRegistry()

    private final class Entry: Sendable {
        let reference = Mutex<ConditionalReference?>(nil)
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// The reference of `count` pairs of the task that `prefix` names, from memory, the cache or the task.
    func reference(
        prefix: String, task: any SimulatorTask, count: Int, cache: any ReferenceCache
    ) -> ConditionalReference {
        let key = ReferenceKey(prefix: prefix + "|prior-predictive", observation: [])
        let text = "\(key.text)|conditional|\(count)"
        let entry = entries.withLock { entries in
            if let known = entries[text] { return known }
            let made = Entry()
            entries[text] = made
            return made
        }
        return entry.reference.withLock { known in
            if let known { return known }
            let stored = cache.text(forKey: text).flatMap { ConditionalReference.Stored(text: $0, count: count) }
            let reference = ConditionalReference(task: task, count: count, seed: key.seed, stored: stored)
            known = reference
            if stored == nil { cache.store(reference.stored.text, forKey: text) }
            return reference
        }
    }
}
