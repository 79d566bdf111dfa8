import ArgumentParser
import Catalog
import Experiments
import Foundation
import Metrics
import Orchestration
import RunStorage

/// `flowexp evaluate [SWEEP]`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Compute metrics that completed runs lack, without training.",
        usage: "flowexp evaluate [<sweep>] [<options>]",
        discussion: """
            Examples:
              flowexp evaluate                          what the last sweep's spec asks for
              flowexp evaluate gmm_vs_gauss --metric w2,sliced-w2
            """)

    @Argument(help: "The sweep; the most recently run one without it.")
    var sweep: String?

    @Option(help: ArgumentHelp("These metrics instead of the spec's, separated by commas.", valueName: "m[,m]"))
    var metric: String?

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("Workers; one per core without it.", valueName: "n"), transform: WholeNumber.parse)
    var jobs: Int?

    @OptionGroup var store: StoreOption
    @OptionGroup var talk: TalkOptions

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) {
            throw ValidationError("-j \(jobs): expected a number of workers from 1 to 1024.")
        }
    }

    func run() throws {
        talk.apply()
        let stop = try SweepSession.watchedStop()
        let store = try StoreLocation.open(store, mode: .readWrite)
        guard let name = try sweep ?? store.mostRecentSweep() else {
            throw CommandFailure(
                .noInput, "the store \(store.path) has no sweep yet", remedy: "Run one with: flowexp sweep SPEC")
        }
        let revision = try store.revision(ofNamedSweep: name)
        let spec = try ExperimentSpec.read(bytes: revision.specBytes, fileName: "the stored spec of \(name)")
        var evaluation = spec.plan.evaluation
        if let metric {
            let names = try MetricNames.toEvaluate(metric)
            evaluation.parameters["metrics"] = .array(names.map { .string($0) })
            if let found = MetricNames.split(metric).first(where: { MetricCatalog.isConditional(column: $0) }),
                !spec.plan.runs.contains(where: { $0.configuration.isAmortised })
            {
                let isDescribed = ComponentKind.metrics.describable.contains { $0.name == found }
                let described = isDescribed ? found : MetricCatalog.metricName(ofColumn: found) ?? found
                throw CommandFailure(
                    .usage, "'\(found)' is measured on amortised runs only, and \(name) has none",
                    remedy: "What it is: flowexp describe \(described)")
            }
        }
        let items = spec.items
        let examined = try ExaminedRuns(
            ofRevision: revision.id, items: items, evaluation: evaluation, in: store)
        let plan = try SweepPlan(
            name: name, revisionID: revision.id, revision: revision.number, evaluation: evaluation,
            items: items, examined: examined, options: SweepOptions())
        guard plan.toEvaluate > 0 else {
            Talk.say("Nothing to evaluate: every completed run of \(name) has these metrics.")
            if plan.damaged.isEmpty { return }
            Talk.warn(DamageText.runs(plan.damaged))
            throw ExitCode(ExitStatus.badData.rawValue)
        }
        Talk.say("\(name): metrics of \(CountText.of(plan.toEvaluate, "run")) are missing.")
        let executor = DispatchExecutor(workers: jobs)
        try executor.checkThreads()
        let display = ProgressDisplay(name: name, labels: [:], stop: stop)
        let runner = SweepRunner(
            store: store, executor: executor, options: SweepOptions(), runFunction: Engine.run,
            evaluateFunction: Engine.evaluate, observer: { display.take($0) })
        display.take(.planned(plan.overview(workers: executor.workers)))
        display.start()
        let result = runner.evaluate(plan, stop: stop)
        display.finish()
        if let error = result.fatalError { throw error }
        Talk.say("\(CountText.of(result.evaluated, "run")) evaluated.")
        if !result.unevaluated.isEmpty { Talk.warn(SweepText.unevaluated(result)) }
        if result.wasStopped {
            Talk.say("Stopped. The same command goes on.")
            // An evaluation that did not end in time still runs on another thread: end without waiting for it.
            if result.hasAbandonedWork { _exit(ExitStatus.interrupted.rawValue) }
            throw ExitCode(ExitStatus.interrupted.rawValue)
        }
        if !result.damaged.isEmpty {
            Talk.warn(DamageText.runs(result.damaged))
            throw ExitCode(ExitStatus.badData.rawValue)
        }
        if !result.unevaluated.isEmpty { throw ExitCode(ExitStatus.failedRuns.rawValue) }
        let compare =
            metric.map { MetricNames.reportCommand(name, metrics: MetricNames.split($0)) }
            ?? MetricNames.reportCommand(name, evaluation)
        Talk.say("  Compare: \(compare)\(self.store.suffix)")
    }
}
