/// What becomes of one run when another store's content of it is merged in.
enum MergeDecision: Equatable {
    /// What the target has stays.
    case keep
    /// The target does not know the run yet.
    case insert
    /// The other store's result, or its further checkpoint, replaces what the target has.
    case replace
    /// Both have the same result; these metrics are only in the other store.
    case addMetrics([MetricRecord])

    /// Completed beats failed beats interrupted beats planned. Of failures, one that the same configuration always
    /// reproduces beats one that depends on the machine (a time limit), because only the former is a result. Two equal
    /// results become one with the metrics of both; of two unfinished runs the one whose checkpoint is further wins.
    ///
    /// Both must belong to the same run. A damaged target gives way to a result that verifies; a damaged source is an error
    /// of the caller. Throws ``Disagreement``.
    static func of(target: RunContent?, source: RunContent) throws(Disagreement) -> MergeDecision {
        guard let target else { return .insert }
        if target.damage != nil { return source.rows.state.isTerminal ? .replace : .keep }
        guard target.configurationJSON.utf8.elementsEqual(source.configurationJSON.utf8) else {
            throw Disagreement(about: "configurations")
        }
        let ranks = (target: rank(target.rows), source: rank(source.rows))
        if ranks.source != ranks.target { return ranks.source > ranks.target ? .replace : .keep }
        switch target.rows.state {
        case .completed: return try metricsToAdd(target.rows, source.rows)
        case .failed where RunStore.deterministicFailures.contains(target.rows.failure?.code ?? ""):
            guard target.rows.failure?.code == source.rows.failure?.code else { throw Disagreement(about: "reasons") }
            try compareHistories(target.rows, source.rows)
            return .keep
        default: return source.progress > target.progress ? .replace : .keep
        }
    }

    /// Two stores have different results of one run.
    struct Disagreement: Error, Equatable {
        /// What differs, a plural.
        var about: String
    }

    private static func rank(_ rows: RunRows) -> Int {
        switch rows.state {
        case .planned: return 0
        case .running, .interrupted: return 1
        case .failed: return RunStore.deterministicFailures.contains(rows.failure?.code ?? "") ? 3 : 2
        case .completed: return 4
        }
    }

    private static func metricsToAdd(_ target: RunRows, _ source: RunRows) throws(Disagreement) -> MergeDecision {
        try compareHistories(target, source)
        guard tensors(target) == tensors(source) else { throw Disagreement(about: "trained parameters") }
        let known = Dictionary(target.metrics.map { (MetricKey($0), $0) }) { first, _ in first }
        var added: [MetricRecord] = []
        for metric in source.metrics {
            guard let other = known[MetricKey(metric)] else {
                added.append(metric)
                continue
            }
            // Bytes, because NaN differs from itself.
            guard RecordHash.metrics([other]) == RecordHash.metrics([metric]) else {
                throw Disagreement(about: "values of \(metric.name) \(metric.parametersJSON) version \(metric.version)")
            }
        }
        return added.isEmpty ? .keep : .addMetrics(added)
    }

    private static func compareHistories(_ target: RunRows, _ source: RunRows) throws(Disagreement) {
        func bytes(_ rows: RunRows) -> [UInt8] {
            var encoder = ByteEncoder(capacity: 80 * (rows.history.count + 1))
            RecordHash.encode(rows.history, withTimings: false, into: &encoder)
            return encoder.bytes
        }
        guard bytes(target) == bytes(source) else { throw Disagreement(about: "training histories") }
    }

    /// What the digest has of the artefacts.
    private static func tensors(_ rows: RunRows) -> [UInt8] {
        var encoder = ByteEncoder(capacity: 1024)
        for artefact in rows.artefacts where !artefact.tensors.isEmpty {
            encoder.text(artefact.name)
            encoder.integer(artefact.tensors.count)
            for tensor in artefact.tensors { RecordHash.encode(tensor, into: &encoder) }
        }
        return encoder.bytes
    }

    private struct MetricKey: Hashable {
        var name: String
        var parameters: String
        var version: Int

        init(_ metric: MetricRecord) {
            name = metric.name
            parameters = metric.parametersJSON
            version = metric.version
        }
    }
}
