import ArgumentParser
import Catalog
import Experiments
import FlowMath
import PointFiles
import RunStorage

/// `flowexp logprob RUN POINTS`: the density of a trained posterior.
struct LogProbabilityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logprob", abstract: "Evaluate the log density of a trained posterior at points.",
        usage: "flowexp logprob <run> <points> [<options>]\nflowexp logprob --where <expr> <points> [<options>]",
        discussion: """
            Examples:
              flowexp logprob a91f points.csv                 one log q (nats) a row
              flowexp logprob a91f q.npy --output logq.npy
              flowexp sample a91f | flowexp logprob a91f -    - is standard input
              flowexp logprob a91f pairs.csv                  amortised: theta0,…,x0,…

            A file has one point per row: csv (header or not) or npy, with D columns. For an amortised run the columns of x \
            may follow, or stand in a file of their own (--observations).
            """)

    @Argument(
        help: ArgumentHelp(
            "The run's id, or its beginning (not with --where), and the file of points.", valueName: "run> <points"))
    var names: [String] = []

    @OptionGroup var condition: RunCondition
    @OptionGroup var observation: ObservationOption

    @Option(
        help: ArgumentHelp(
            "Amortised runs: a file with the x of each row, as many rows as points.", valueName: "file"))
    var observations: String?

    @OptionGroup var table: TableOutput
    @OptionGroup var store: StoreOption
    @OptionGroup var talk: TalkOptions

    func validate() throws {
        let expected = condition.expression == nil ? 2 : 1
        guard names.count == expected else {
            throw ValidationError(
                expected == 2
                    ? "Give a run and a file of points: flowexp logprob RUN POINTS.csv (- for standard input)."
                    : "With --where give the file of points alone: flowexp logprob --where EXPR POINTS.csv.")
        }
        try condition.validate(with: expected == 2 ? names[0] : nil)
        if observation.observation != nil && observations != nil {
            throw ValidationError("Give one x for all rows (--observation) or one for each (--observations), not both.")
        }
    }

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let run = try TrainedRun(condition.facts(names.count == 2 ? names[0] : nil, in: store), in: store)
        let posterior = try run.posterior(at: observation.numbers())
        let path = names[names.count - 1]
        let input = try PosteriorColumns(PointInput.read(path), file: PointInput.name(path), posterior: posterior)
        let contexts = try self.contexts(input, posterior, file: PointInput.name(path))
        if let contexts { run.warn(ofRows: contexts) }
        let file = try table.open()
        let encoder = PointEncoder(
            table.chosen, columns: ["logprob"], count: input.points.count,
            members: TableMembers.text("flowexp.logprob/1", run, posterior))
        try file.write(encoder.head)
        var start = 0
        var unusable = 0
        while start < input.points.count {
            let rows = start..<min(start + TrainedPosterior.blockSize, input.points.count)
            let values = posterior.logProbability(of: input.points.rows(rows), contexts: contexts?.rows(rows))
            // −∞ is a density of 0, outside the box for example.
            unusable += values.count { $0.isNaN || $0 == .infinity }
            try file.write(encoder.rows(Points(dimension: 1, values: values), first: start == 0))
            start = rows.upperBound
        }
        try file.write(encoder.tail)
        try file.finish()
        if unusable > 0 {
            Talk.warn(
                "warning: \(unusable) of \(input.points.count) log densities are no numbers: the flow overflowed there."
            )
        }
        if contexts == nil {
            run.sayWhat(posterior, "log q of \(CountText.of(input.points.count, "point")) under")
        } else {
            Talk.say(
                "log q of \(CountText.of(input.points.count, "point")), each at its own x, under run \(run.id.prefix(12))."
            )
        }
    }

    /// The x of each row, nil when all rows share one.
    private func contexts(
        _ input: PosteriorColumns, _ posterior: TrainedPosterior, file: String
    ) throws -> Points? {
        if input.contexts != nil && (observation.observation != nil || observations != nil) {
            throw CommandFailure(
                .usage, "\(file) has an x in each row, so --observation and --observations say nothing",
                remedy: "Leave the option out, or the columns of x.")
        }
        guard let observations else { return input.contexts }
        let dimension = posterior.observationDimension
        guard dimension > 0 else { throw CommandFailure(.usage, "--observations: \(ObservationError.notAmortised)") }
        let table = try PointInput.read(observations)
        guard table.points.count == input.points.count else {
            throw CommandFailure(
                .badData,
                "\(observations) has \(CountText.of(table.points.count, "row")) and \(file) has "
                    + "\(CountText.of(input.points.count, "point"))",
                remedy: "There must be one x for each point.")
        }
        return try ObservationColumns(table, file: PointInput.name(observations), dimension: dimension).observations
    }
}

extension Points {
    /// Some rows.
    fileprivate func rows(_ rows: Range<Int>) -> Points {
        Points(
            dimension: dimension, values: Array(values[(rows.lowerBound * dimension)..<(rows.upperBound * dimension)]))
    }
}
