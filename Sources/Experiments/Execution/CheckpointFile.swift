import Catalog
import Crypto
import FlowMath
import Flows
import Training

/// Why a checkpoint or a parameter file cannot be used.
public enum CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not a file of ours, or parts are missing.
    case damaged(String)
    /// Of another run.
    case otherRun(expected: String, found: String)
    /// Made with other arithmetic: its continuation would not be the same run bit for bit.
    case otherNumerics(expected: String, found: String)

    /// What is wrong with it.
    public var description: String {
        switch self {
        case .damaged(let reason): return "damaged checkpoint: \(reason)"
        case .otherRun(let expected, let found): return "checkpoint of run \(found), not of \(expected)"
        case .otherNumerics(let expected, let found):
            return "checkpoint of numerics variant \(found); this machine computes with \(expected)"
        }
    }
}

/// A trainer's state and history, and how its mixture's components were chosen, as a safetensors file.
struct CheckpointFile {
    var state: TrainerState
    var history: [HistoryRow]
    /// Nil where the configuration says the number of components.
    var selection: ComponentSelection?

    private static let format = "flowexp.checkpoint/1"
    private static let columns = 9

    init(state: TrainerState, history: [HistoryRow], selection: ComponentSelection?) {
        self.state = state
        self.history = history
        self.selection = selection
    }

    func encoded(runID: String, phase: RunPhase, layout: ParameterLayout) -> [UInt8] {
        // A missing validation loss is NaN in the table.
        let rows = history.flatMap { row -> [Double] in
            [
                Double(row.step), row.loss, row.validationLoss ?? .nan, row.gradientNorm, row.learningRate,
                row.effectiveSampleSize, Double(row.likelihoodEvaluations), Double(row.nonfiniteBatches), row.seconds,
            ]
        }
        let table = Safetensors.Tensor(name: "history", shape: [history.count, Self.columns], doubles: rows)
        var metadata = [
            "format": Self.format, "run": runID, "phase": phase.rawValue, "state": state.countersJSON,
            "numericsVariant": Kernels.current.numericsVariant,
        ]
        metadata["componentSelection"] = selection?.json.text
        return Safetensors(tensors: state.tensors(layout: layout) + [table], metadata: metadata).encoded
    }

    /// Reads a checkpoint of the run `runID`; `layout` is that of its flow with the number of components that was chosen,
    /// nil where the configuration says it.
    init(
        bytes: [UInt8], runID: String, layout: (_ components: Int?) throws -> ParameterLayout
    ) throws(CheckpointError) {
        do {
            let file = try Safetensors(decoding: bytes)
            guard file.metadata["format"] == Self.format, let counters = file.metadata["state"],
                let table = file.tensor(named: "history"), table.shape.count == 2, table.shape[1] == Self.columns,
                let values = table.doubles
            else { throw CheckpointError.damaged("not a checkpoint of this format") }
            guard file.metadata["run"] == runID else {
                throw CheckpointError.otherRun(expected: runID, found: file.metadata["run"] ?? "?")
            }
            let variant = file.metadata["numericsVariant"] ?? "?"
            guard variant == Kernels.current.numericsVariant else {
                throw CheckpointError.otherNumerics(expected: Kernels.current.numericsVariant, found: variant)
            }
            if let text = file.metadata["componentSelection"] {
                selection = (try? JSONValue(parsing: text)).flatMap(ComponentSelection.init(json:))
                guard selection != nil else {
                    throw CheckpointError.damaged("how the components were chosen cannot be read")
                }
            }
            state = try TrainerState(
                file: file, countersJSON: counters, layout: layout(selection?.components))
            history = []
            for r in 0..<table.shape[0] {
                let row = Array(values[(r * Self.columns)..<((r + 1) * Self.columns)])
                guard let step = Int(exactly: row[0]), let evaluations = Int(exactly: row[6]),
                    let nonfinite = Int(exactly: row[7])
                else { throw CheckpointError.damaged("a history row is not whole") }
                history.append(
                    HistoryRow(
                        step: step, loss: row[1], validationLoss: row[2].isNaN ? nil : row[2], gradientNorm: row[3],
                        learningRate: row[4], effectiveSampleSize: row[5], likelihoodEvaluations: evaluations,
                        nonfiniteBatches: nonfinite, seconds: row[8]))
            }
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw .damaged("\(error)")
        }
    }
}

extension RunArtefact {
    /// A safetensors file with the hash of each tensor, sorted by name.
    init(file: Safetensors, name: String) {
        let records = file.tensors.map { tensor in
            TensorRecord(
                name: tensor.name, dtype: tensor.dtype, shape: tensor.shape,
                sha256: SHA256.hash(data: tensor.bytes).map { byte in
                    let text = String(byte, radix: 16)
                    return text.count == 1 ? "0" + text : text
                }.joined())
        }
        self.init(name: name, bytes: file.encoded, tensors: records.sorted { $0.name < $1.name })
    }
}
