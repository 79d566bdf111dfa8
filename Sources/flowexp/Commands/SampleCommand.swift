import ArgumentParser
import Catalog
import Experiments
import FlowMath
import PointFiles
import RunStorage
import Tasks

/// `flowexp sample RUN`: draws from a trained posterior.
struct SampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Draw from a trained posterior.",
        discussion: """
            Examples:
              flowexp sample a91f                                1 000 draws as csv
              flowexp sample a91f --count 100000 --output q.npy  for numpy.load
              flowexp sample --where 'base=gmm and seed=0' --with-logprob
              flowexp sample a91f --observation 1,0.5            amortised: another x

            The first n draws do not depend on the count; another --seed gives other draws.
            """)

    @OptionGroup var choice: RunChoice

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("How many draws; 1000 without it.", valueName: "n"),
        transform: WholeNumber.parse)
    var count = 1000

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Which draws: a whole number from 0; 0 without it.", valueName: "s"),
        transform: WholeNumber.parseUnsigned)
    var seed: UInt64 = 0

    @OptionGroup var observation: ObservationOption

    @Flag(name: .customLong("with-logprob"), help: "Add log q of each draw as the column logprob.")
    var withLogProbability = false

    @OptionGroup var table: TableOutput
    @OptionGroup var store: StoreOption
    @OptionGroup var talk: TalkOptions

    func validate() throws {
        guard (1...100_000_000_000).contains(count) else {
            throw ValidationError("--count \(count): expected a number of draws from 1 to 100 000 000 000.")
        }
    }

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let run = try TrainedRun(choice.facts(in: store), in: store)
        let posterior = try run.posterior(at: observation.numbers())
        let file = try table.open()
        let columns = (0..<posterior.dimension).map { "theta\($0)" } + (withLogProbability ? ["logprob"] : [])
        let members = TableMembers.text("flowexp.sample/1", run, posterior, ["seed": "\(seed)"])
        let encoder = PointEncoder(table.chosen, columns: columns, count: count, members: members)
        try file.write(encoder.head)
        var first = true
        var unusable = 0
        var outside = 0
        try posterior.drawBlocks(count: count, seed: seed) { points in
            let last = withLogProbability ? posterior.logProbability(of: points) : nil
            unusable += NumberCheck.rowsNotFinite(points)
            outside += NumberCheck.rowsOutside(points, posterior.task)
            try file.write(encoder.rows(points, last: last, first: first))
            first = false
        }
        try file.write(encoder.tail)
        try file.finish()
        if unusable > 0 {
            Talk.warn("warning: \(unusable) of \(count) draws are not finite: the flow overflowed there.")
        }
        if Double(outside) > NumberCheck.notableShare * Double(count) {
            let share = max(1, Int((100 * Double(outside) / Double(count)).rounded()))
            Talk.warn(
                "warning: \(share) % of the draws lie outside the prior, where the posterior is 0: do not use them as they "
                    + "are.")
        }
        run.sayWhat(posterior, "\(CountText.of(count, "draw")) from")
    }
}

/// Numbers that must not pass in silence.
enum NumberCheck {
    /// Points with a coordinate that is NaN or infinite.
    static func rowsNotFinite(_ points: Points) -> Int {
        // Nearly always all are finite, and one pass over the values says so.
        if points.values.allSatisfy(\.isFinite) { return 0 }
        return (0..<points.count).count { i in (0..<points.dimension).contains { !points[i, $0].isFinite } }
    }

    /// A smaller share of draws outside the prior is what a flow without a box has at its edge (the metric `leakage`).
    static let notableShare = 0.1

    /// Finite points outside the support of the task's prior.
    static func rowsOutside(_ points: Points, _ task: any InferenceTask) -> Int {
        let box = task.priorBox
        // A prior on all of R^D has no outside.
        guard box.contains(where: { $0.lowerBound.isFinite || $0.upperBound.isFinite }) else { return 0 }
        return (0..<points.count).count { i in
            var isInside = true
            for d in box.indices {
                if !points[i, d].isFinite { return false }
                if !box[d].contains(points[i, d]) { isInside = false }
            }
            return !isInside
        }
    }
}

/// What a JSON table says of its run.
enum TableMembers {
    /// `"schema":…,"run":…,"observation":[…]` and the extra members, in that order.
    static func text(
        _ schema: String, _ run: TrainedRun, _ posterior: TrainedPosterior, _ extra: [String: String] = [:]
    ) -> String {
        let observation = JSONValue.array(posterior.observation.map(JSONValue.number)).text
        let more = extra.keys.sorted().map { ",\"\($0)\":\(extra[$0] ?? "null")" }.joined()
        return "\"schema\":\"\(schema)\",\"run\":\"\(run.id)\",\"observation\":\(observation)\(more)"
    }
}
