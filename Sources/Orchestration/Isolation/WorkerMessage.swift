import Catalog
import Experiments
import RunStorage

/// What a sweep tells a worker process, one JSON object a line.
package enum WorkerOrder: Sendable {
    /// The first one: where to work and how.
    case begin(store: String, revision: Int64, timeout: Double?, checkpointInterval: Double)
    /// Execute a run.
    case run(id: String)
    /// Compute metrics of a completed run and save them; the plan as canonical JSON.
    case evaluate(id: String, plan: String)
    /// Checkpoint and end.
    case stop

    /// As it is sent.
    package var line: String {
        let members: [String: JSONValue]
        switch self {
        case .begin(let store, let revision, let timeout, let checkpointInterval):
            members = [
                "order": .string("begin"), "store": .string(store), "revision": .integer(Int(revision)),
                "timeout": timeout.map(JSONValue.number) ?? .null, "checkpointInterval": .number(checkpointInterval),
            ]
        case .run(let id): members = ["order": .string("run"), "id": .string(id)]
        case .evaluate(let id, let plan):
            members = ["order": .string("evaluate"), "id": .string(id), "plan": .string(plan)]
        case .stop: members = ["order": .string("stop")]
        }
        return JSONValue.object(members).text
    }

    /// As it was received; nil when it cannot be read.
    package init?(line: String) {
        guard let value = try? JSONValue(parsing: line) else { return nil }
        switch value["order"]?.stringValue {
        case "begin":
            guard let store = value["store"]?.stringValue, let revision = value["revision"]?.integerValue,
                let interval = value["checkpointInterval"]?.doubleValue
            else { return nil }
            self = .begin(
                store: store, revision: Int64(revision), timeout: value["timeout"]?.doubleValue,
                checkpointInterval: interval)
        case "run":
            guard let id = value["id"]?.stringValue else { return nil }
            self = .run(id: id)
        case "evaluate":
            guard let id = value["id"]?.stringValue, let plan = value["plan"]?.stringValue else { return nil }
            self = .evaluate(id: id, plan: plan)
        case "stop": self = .stop
        default: return nil
        }
    }
}

/// What a worker process tells its sweep, one JSON object a line.
package enum WorkerReport: Sendable {
    /// The run is claimed; seconds that earlier attempts took.
    case claimed(elapsedBefore: Double)
    case started(step: Int, totalSteps: Int)
    case progress(RunProgress)
    case note(String)
    /// The run's execution is over and recorded.
    case ended(RunEnd)
    /// Nothing was executed: another process has the run.
    case elsewhere
    /// Nothing was executed: the run is over.
    case over(failed: Bool)
    /// The execution ended without an outcome, because another process took the run over.
    case dropped
    /// Metrics were saved.
    case evaluated
    /// Metrics could not be computed.
    case unevaluated(String)
    /// An error that ends the sweep, with its exit code.
    case fatal(message: String, exitCode: Int32)

    /// As it is sent.
    package var line: String {
        var members: [String: JSONValue] = [:]
        func named(_ name: String, _ more: [String: JSONValue] = [:]) {
            members = more
            members["report"] = .string(name)
        }
        switch self {
        case .claimed(let elapsed): named("claimed", ["elapsedBefore": .number(elapsed)])
        case .started(let step, let total): named("started", ["step": .integer(step), "totalSteps": .integer(total)])
        case .progress(let progress):
            named(
                "progress",
                [
                    "phase": .string(progress.phase.rawValue), "step": .integer(progress.step),
                    "totalSteps": .integer(progress.totalSteps),
                    "loss": progress.loss.flatMap { $0.isFinite ? .number($0) : nil } ?? .null,
                ])
        case .note(let text): named("note", ["text": .string(text)])
        case .ended(.completed): named("completed")
        case .ended(.interrupted): named("interrupted")
        case .ended(.failed(let code, let message)):
            named("failed", ["code": .string(code), "message": .string(message)])
        case .elsewhere: named("elsewhere")
        case .over(let failed): named("over", ["failed": .bool(failed)])
        case .dropped: named("dropped")
        case .evaluated: named("evaluated")
        case .unevaluated(let message): named("unevaluated", ["message": .string(message)])
        case .fatal(let message, let code):
            named("fatal", ["message": .string(message), "exitCode": .integer(Int(code))])
        }
        return JSONValue.object(members).text
    }

    /// As it was received; nil when it cannot be read.
    package init?(line: String) {
        guard let value = try? JSONValue(parsing: line) else { return nil }
        func text(_ key: String) -> String { value[key]?.stringValue ?? "" }
        func number(_ key: String) -> Int { value[key]?.integerValue ?? 0 }
        switch value["report"]?.stringValue {
        case "claimed": self = .claimed(elapsedBefore: value["elapsedBefore"]?.doubleValue ?? 0)
        case "started": self = .started(step: number("step"), totalSteps: number("totalSteps"))
        case "progress":
            guard let phase = RunPhase(rawValue: text("phase")) else { return nil }
            self = .progress(
                RunProgress(
                    phase: phase, step: number("step"), totalSteps: number("totalSteps"),
                    loss: value["loss"]?.doubleValue))
        case "note": self = .note(text("text"))
        case "completed": self = .ended(.completed)
        case "interrupted": self = .ended(.interrupted)
        case "failed": self = .ended(.failed(code: text("code"), message: text("message")))
        case "elsewhere": self = .elsewhere
        case "over": self = .over(failed: value["failed"]?.boolValue ?? false)
        case "dropped": self = .dropped
        case "evaluated": self = .evaluated
        case "unevaluated": self = .unevaluated(text("message"))
        case "fatal": self = .fatal(message: text("message"), exitCode: Int32(truncatingIfNeeded: number("exitCode")))
        default: return nil
        }
    }
}

/// An error of the store that a worker process met; it ends the sweep as if the sweep itself had met it.
public struct WorkerFatalError: Error, Sendable, CustomStringConvertible {
    /// Where, what and what to do, as the worker said it.
    public var description: String
    /// The exit code it asks for.
    public var exitCode: Int32
}
