import Catalog
import Experiments
import FlowMath
import Foundation
import Orchestration
import Reports
import RunStorage
import Training

/// Gathers what a page or a picture shows out of the store: histories, densities, provenance.
struct PageBuilder {
    let store: RunStore
    let sweeps: [String]
    let facts: [RunFacts]
    let report: Report
    let options: ReportOptions

    /// What a page shows of a report that has been made.
    init(store: RunStore, sweeps: [String], facts: [RunFacts], report: Report, options: ReportOptions) {
        self.store = store
        self.sweeps = sweeps
        self.facts = facts
        self.report = report
        self.options = options
    }

    /// Makes the report, too; `metric` nil chooses the usual metrics among those that the runs have.
    init(
        store: RunStore, at option: StoreOption, sweeps: [String], facts: [RunFacts], metric: String?,
        declaredAxes: [String] = []
    ) throws {
        let known = facts.flatMap { $0.record.metrics.map(\.name) }
        let asked = try MetricNames.parse(metric, known: known, of: facts, sweeps: sweeps, store: option)
        let options = ReportOptions(
            metrics: asked.isEmpty ? MetricNames.usual(known) : asked, sweeps: sweeps, declaredAxes: declaredAxes)
        self.init(
            store: store, sweeps: sweeps, facts: facts,
            report: try Report(runs: ReportRun.all(facts), options: options), options: options)
    }

    /// The newest revisions of `sweeps` compared as usual. Damaged runs are noted and left out.
    static func sweeps(
        _ sweeps: [String], metric: String?, in store: RunStore, at option: StoreOption, _ damage: StoreDamage
    ) throws -> PageBuilder {
        let read = try SweepRuns(of: sweeps, in: store, damage, .all)
        read.runs.forEach(damage.note)
        try damage.refuse(metrics: MetricNames.split(metric ?? ""), known: read.metricNames, of: read.runs)
        return try PageBuilder(
            store: store, at: option, sweeps: sweeps, facts: read.runs.filter { $0.damage == nil }, metric: metric,
            declaredAxes: read.axes)
    }

    /// Everything a page needs; `command` is what the reader would type to get it again, nil where only its pictures are
    /// wanted: the digest in the provenance takes a while.
    func content(command: String?) throws -> PageContent {
        let runs = ReportRun.all(facts)
        var messages: [String: String] = [:]
        for fact in facts { messages[fact.record.id] = fact.record.failureMessage }
        return PageContent(
            report: report, runs: runs, options: options, histories: try histories(),
            densities: try densities(of: PageContent.runsWithDensities(runs, report: report)),
            failureMessages: messages, provenance: try command.map { try provenance(command: $0) } ?? [])
    }

    private func histories() throws -> [String: [HistoryPoint]] {
        var histories: [String: [HistoryPoint]] = [:]
        for fact in facts where fact.record.state != .planned {
            histories[fact.record.id] = try store.history(ofRun: fact.record.id).map { HistoryPoint($0) }
        }
        return histories
    }

    // MARK: Densities

    /// A run without the file, of an older version for instance, has no picture; a damaged file is an error.
    func densities(of ids: [String]) throws -> [String: [PosteriorGrid]] {
        var densities: [String: [PosteriorGrid]] = [:]
        for id in ids {
            guard try store.artefacts(ofRun: id).contains(where: { $0.name == RunArtefactNames.density }) else {
                continue
            }
            let bytes = try store.loadArtefact(ofRun: id, name: RunArtefactNames.density)
            do {
                densities[id] = Self.grids(try Safetensors(decoding: bytes))
            } catch {
                throw CommandFailure(
                    .badData, "run \(id.prefix(12)): its density grid cannot be read: \(error)",
                    remedy: "Check the store with: flowexp store digest --verify")
            }
        }
        return densities
    }

    /// 2D: the two log densities; otherwise one grid a pair of coordinates, fractions of a sample turned into densities.
    private static func grids(_ file: Safetensors) -> [PosteriorGrid] {
        func window(_ coordinate: Int) -> ClosedRange<Double>? {
            guard let ends = file.tensor(named: "window.\(coordinate)")?.doubles, ends.count == 2,
                ends[0].isFinite, ends[1].isFinite, ends[0] < ends[1]
            else { return nil }
            return ends[0]...ends[1]
        }
        func grid(_ a: Int, _ b: Int, _ name: String, isSampled: Bool, _ density: (Float, Double) -> Double)
            -> PosteriorGrid?
        {
            guard let first = window(a), let second = window(b),
                let flow = file.tensor(named: "flow." + name), let truth = file.tensor(named: "posterior." + name),
                let cells = flow.shape.first, flow.shape == [cells, cells], truth.shape == flow.shape,
                let flowValues = flow.floats, let truthValues = truth.floats
            else { return nil }
            let area =
                (first.upperBound - first.lowerBound) * (second.upperBound - second.lowerBound) / Double(cells * cells)
            return PosteriorGrid(
                coordinates: [a, b], window: [first, second], cells: cells,
                truth: truthValues.map { density($0, area) }, flow: flowValues.map { density($0, area) },
                isSampled: isSampled)
        }
        if let exact = grid(0, 1, "logDensity", isSampled: false, { value, _ in Elementary.exp(Double(value)) }) {
            return [exact]
        }
        var grids: [PosteriorGrid] = []
        for a in 0..<3 {
            for b in (a + 1)..<4 {
                let name = "marginal.\(a).\(b)"
                if let shares = grid(a, b, name, isSampled: true, { Double($0) / $1 }) { grids.append(shares) }
            }
        }
        return grids
    }

    // MARK: Provenance

    private func provenance(command: String) throws -> [(name: String, value: String)] {
        var rows: [(name: String, value: String)] = [("command", command)]
        for name in sweeps {
            let revision = try store.newestRevision(ofSweep: name)
            let prefix = sweeps.count > 1 ? "\(name): " : ""
            if let description = JSONReader.read(revision.specBytes).node?["description"]?.value.stringValue,
                !description.isEmpty
            {
                rows.append((prefix + "question", description))
            }
            rows.append((prefix + "revision", "\(revision.number), recorded \(WallClock.text(revision.createdAt))"))
            rows.append((prefix + "spec", String(decoding: revision.specBytes, as: UTF8.self) + "\n"))
        }
        let seeds = Set(facts.map(\.seed)).sorted()
        rows.append(
            ("seeds", seeds.count > 20 ? "\(seeds.count) seeds" : seeds.map(String.init).joined(separator: ", ")))
        let variants = Set(facts.compactMap(\.summary.numericsVariant)).sorted()
        rows.append(
            ("numerics variant of the runs", variants.isEmpty ? "none finished" : variants.joined(separator: ", ")))
        // A digest reads every history: fast for what a person looks at, minutes for a very large store.
        if facts.count <= 2000 { rows.append(("digest of the store", try store.digest())) }
        rows.append(
            (
                "program",
                "flowexp \(VersionText.program), \(Kernels.current.instructionSet), SQLite \(SQLiteLibrary.version)"
            ))
        rows.append(("host", ProcessInfo.processInfo.hostName))
        rows.append(("written", WallClock.text(Date().timeIntervalSince1970)))
        return rows
    }
}

extension HistoryPoint {
    /// A stored row as reports show it.
    init(_ row: HistoryRecord) {
        self.init(
            step: row.step, loss: row.loss, validationLoss: row.validationLoss, gradientNorm: row.gradientNorm,
            effectiveSampleSize: row.effectiveSampleSize, likelihoodEvaluations: row.likelihoodEvaluations)
    }
}
