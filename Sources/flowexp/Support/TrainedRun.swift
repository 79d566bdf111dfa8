import ArgumentParser
import Catalog
import Experiments
import FlowMath
import Foundation
import Orchestration
import RunStorage

/// A completed run of a store with its trained flow.
struct TrainedRun {
    let id: String
    let posterior: TrainedPosterior
    /// The file of the parameters as it was published.
    let parameters: [UInt8]

    /// Loads and verifies the run's parameters. Throws exit 66 when it has none and 65 when they are damaged.
    init(_ facts: RunFacts, in store: RunStore) throws {
        id = facts.record.id
        let name = String(id.prefix(12))
        guard facts.record.state == .completed else {
            throw CommandFailure(
                .noInput, "run \(name) is \(facts.record.state.rawValue): only a completed run has a trained flow",
                remedy: facts.record.state == .failed
                    ? "Why it failed: flowexp logs \(name)" : "Finish it with: flowexp resume")
        }
        let configuration = try RunConfiguration(canonicalJSON: facts.record.configurationJSON)
        parameters = try store.loadArtefact(ofRun: id, name: RunArtefactNames.parameters)
        let artefact = try store.artefacts(ofRun: id).first { $0.name == RunArtefactNames.parameters }
        do {
            posterior = try TrainedPosterior(
                configuration: configuration, parameters: parameters,
                recorded: artefact?.tensors.map {
                    TensorRecord(name: $0.name, dtype: $0.dtype, shape: $0.shape, sha256: $0.sha256)
                })
        } catch let error as CheckpointError {
            throw CommandFailure(
                .badData, "\(store.path)/\(artefact?.path ?? ""): \(error)",
                remedy: "`flowexp store check` says what is damaged, `flowexp store repair` mends it.")
        }
    }

    /// The posterior at the observation asked for, else at the task's own.
    func posterior(at observation: [Double]?) throws -> TrainedPosterior {
        guard let observation else { return posterior }
        let conditioned: TrainedPosterior
        do {
            conditioned = try posterior.conditioned(on: observation)
        } catch {
            throw CommandFailure(
                .usage, "--observation: run \(id.prefix(12)): \(error)",
                remedy: error == .notAmortised
                    ? "Leave --observation out, or train q(θ|x): \"training\": {\"objective\": \"amortised\"}."
                    : "The task's own observation is \(CommaNumbers.text(posterior.taskObservation)).")
        }
        if let problem = support?.problem(with: observation) {
            Talk.warn(
                "warning: \(problem): the run was not trained there, and its q may be far from the posterior, if there "
                    + "is one.")
        }
        return conditioned
    }

    /// Warns of rows whose x is nowhere near what was simulated.
    func warn(ofRows observations: Points) {
        guard let support else { return }
        let outside = (0..<observations.count).count { support.isOutside(observations, $0) }
        if outside == 0 { return }
        Talk.warn(
            "warning: the x of \(outside) of \(observations.count) rows lies outside what the task simulates: the run was "
                + "not trained there.")
    }

    private var support: ObservationSupport? {
        ObservationSupport(of: posterior.task, chosenBy: posterior.configuration.task)
    }

    /// What was asked for, for people: the run, and the observation where there is one.
    func sayWhat(_ posterior: TrainedPosterior, _ what: String) {
        let observation =
            posterior.observation.isEmpty ? "" : " at x = \(CommaNumbers.text(posterior.observation))"
        Talk.say("\(what) run \(id.prefix(12)) (\(posterior.configuration.task.name))\(observation).")
    }
}

/// `--observation 1,0.5`.
struct ObservationOption: ParsableArguments {
    @Option(
        // A first number below zero begins like an option.
        parsing: .unconditional,
        help: ArgumentHelp(
            "Amortised runs: the x of q(θ|x), numbers separated by commas; the task's own without it.",
            valueName: "x[,x]"))
    var observation: String?

    func validate() throws { _ = try numbers() }

    /// The numbers, nil when none were given.
    func numbers() throws -> [Double]? {
        try observation.map { try CommaNumbers.parse($0, option: "--observation") }
    }
}

/// Numbers on the command line.
enum CommaNumbers {
    /// Reads `1,-0.5`; throws a usage error that names the part that is no finite number.
    static func parse(_ text: String, option: String) throws -> [Double] {
        try text.split(separator: ",", omittingEmptySubsequences: false).enumerated().map { index, part in
            let part = part.trimmingCharacters(in: .whitespaces)
            guard let value = Double(part), value.isFinite else {
                throw ValidationError(
                    "\(option) '\(DisplayWidth.cut(text, to: 80))': part \(index + 1) ('\(DisplayWidth.cut(part, to: 40))') "
                        + "is not a finite number; write numbers separated by commas, like 1,0.5.")
            }
            return value
        }
    }

    /// `1.0,0.5`.
    static func text(_ values: [Double]) -> String { values.map { "\($0)" }.joined(separator: ",") }
}
