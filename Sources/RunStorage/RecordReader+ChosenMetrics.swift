import GRDB

/// Reading a few metrics of many runs: only their rows and the runs' indexes, which say what these rows must be.
extension RecordReader {
    /// Reads the metrics with these names into `runs`; `places` gives the place of a run's key. Where the index does not
    /// vouch for what was read, the run's metrics are read whole, and compared with their hash when the run is verified.
    func readChosenMetrics(
        _ selection: Selection, _ names: [String], _ runs: inout [StoredRun], _ places: [Int64: Int]
    ) throws {
        if names.isEmpty { return }
        var expected = try expectedHashes(selection, names, runs, places)
        for (number, name) in names.enumerated() {
            try readMetrics(named: name, selection) { key, metrics in
                guard let place = places[key] else { return }
                runs[place].hasMetrics = true
                guard !metrics.isDamaged, expected.take(number, ofRun: place, is: MetricHash(metrics.hash)) else {
                    return
                }
                runs[place].record.metrics += metrics.records
            }
        }
        let kept = Set(names)
        for place in runs.indices where !expected.isFulfilled(ofRun: place) {
            // Without a hash there is nothing to compare with: unpublished runs, whose metrics would be damage.
            if runs[place].hashes == nil { continue }
            runs[place].record.metrics = []
            runs[place].metrics = MetricRows.Metrics.emptyHash
            try readMetrics(.content(key: runs[place].key), keeping: kept) { _, metrics in runs[place].take(metrics) }
        }
    }

    /// What the runs' indexes say of these names.
    private func expectedHashes(
        _ selection: Selection, _ names: [String], _ runs: [StoredRun], _ places: [Int64: Int]
    ) throws -> ExpectedMetrics {
        var expected = ExpectedMetrics(runs: runs.count, names: names)
        for place in runs.indices where runs[place].hashes?.metrics == MetricRows.Metrics.emptyHash {
            expected.hasIndex(ofRun: place)
        }
        try database.forEachRawRow(
            "SELECT metric_indexes.run_key, hashes, sha256 FROM \(rows(of: "metric_indexes", selection, "true"))",
            arguments(selection)
        ) { row in
            guard let key = try? row.integer(0), let place = places[Int64(key)], let hashes = runs[place].hashes,
                let bytes = try? row.blob(1), let stored = try? row.blob(2),
                MetricIndex.hash(bytes, metricsHash: hashes.metrics).elementsEqual(stored)
            else { return }
            expected.read(bytes, ofRun: place)
        }
        return expected
    }

    /// Reads the rows of one name, run by run.
    private func readMetrics(
        named name: String, _ selection: Selection, _ body: (Int64, MetricRows.Metrics) -> Void
    ) throws {
        try gatherMetrics(
            """
            FROM \(rows(of: "metric_values", selection, "name = ?")) ORDER BY \(Self.order(selection)), parameters, version
            """, [name] + arguments(selection), MetricRows(), body)
    }

    /// FROM and WHERE for the rows of a table with a `run_key` that satisfy a condition, whose arguments come first.
    private func rows(of table: String, _ selection: Selection, _ condition: String) -> String {
        switch selection {
        // From the list of runs, which is much shorter than the table: CROSS JOIN keeps SQLite from turning it round.
        case .revision:
            return """
                revision_runs CROSS JOIN \(table) ON \(table).run_key = revision_runs.run_key
                WHERE \(condition) AND revision_id = ? \(bound("AND", "position"))
                """
        case .all: return "\(table) WHERE \(condition) \(bound("AND", "run_key"))"
        case .run, .content: return "\(table) WHERE \(condition) AND run_key = ?"
        }
    }

    private func arguments(_ selection: Selection) -> StatementArguments {
        switch selection {
        case .revision(let id): return [id] + boundArguments
        case .all: return boundArguments
        case .run(let key), .content(let key): return [key]
        }
    }

    /// Keeps the rows of a run together.
    private static func order(_ selection: Selection) -> String {
        if case .revision = selection { return "position" }
        return "run_key"
    }
}

/// What the metrics that are about to be read must be, by run and name.
private struct ExpectedMetrics {
    private let names: [[UInt8]]
    /// Run by run, a hash for each name; nil for a name that the run has no metric of, or once that metric was read.
    private var hashes: [MetricHash?]
    private var isIndexed: [Bool]
    private var isContradicted: [Bool]

    init(runs: Int, names: [String]) {
        self.names = names.map { Array($0.utf8) }
        hashes = Array(repeating: nil, count: runs * names.count)
        isIndexed = Array(repeating: false, count: runs)
        isContradicted = Array(repeating: false, count: runs)
    }

    mutating func hasIndex(ofRun place: Int) { isIndexed[place] = true }

    /// Takes in a run's index, which has been verified.
    mutating func read(_ bytes: UnsafeRawBufferPointer, ofRun place: Int) {
        isIndexed[place] = MetricIndex.forEachGroup(in: bytes) { name, hash in
            guard let number = names.firstIndex(where: { $0.elementsEqual(name) }) else { return }
            hashes[place * names.count + number] = hash
        }
    }

    /// Whether the metrics of a name are what they must be.
    mutating func take(_ number: Int, ofRun place: Int, is hash: MetricHash) -> Bool {
        guard isIndexed[place], hashes[place * names.count + number] == hash else {
            isContradicted[place] = true
            return false
        }
        hashes[place * names.count + number] = nil
        return true
    }

    /// Whether everything that the index has was read, and nothing else.
    func isFulfilled(ofRun place: Int) -> Bool {
        isIndexed[place] && !isContradicted[place]
            && hashes[place * names.count..<(place + 1) * names.count].allSatisfy { $0 == nil }
    }
}
