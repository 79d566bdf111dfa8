import Catalog
import Experiments
import Foundation
import Orchestration
import Reports
import Synchronization
import Tasks
import Training

/// What the runs of a cell have in common, worked out once and only when it is asked for: their configuration without the
/// seed.
final class CellFacts: Sendable {
    /// What was asked for so far.
    private struct Known {
        var configuration: JSONValue?
        var settings: [ReportSetting]?
        var attributes: [String: JSONValue]?
        var cost: RunCost?
    }

    /// Two threads may both work it out; they come to the same.
    private func remembered<Value: Sendable>(
        _ part: any WritableKeyPath<Known, Value?> & Sendable, _ make: () -> Value
    ) -> Value {
        if let value = known.withLock({ $0[keyPath: part] }) { return value }
        let value = make()
        known.withLock { $0[keyPath: part] = value }
        return value
    }

    /// Without the seed; settings that its text leaves out stand at their absent value.
    var configuration: JSONValue {
        remembered(\.configuration) { SpecVocabulary.standard.withAbsentValues(.object(members)) }
    }
    /// The configuration flattened, for reports.
    var settings: [ReportSetting] { remembered(\.settings) { ReportSetting.flatten(configuration) } }
    /// The configuration flattened, for `--where`.
    var attributes: [String: JSONValue] { remembered(\.attributes) { RunAttributes.flattened(configuration) } }
    /// How much work a run is.
    var cost: RunCost { remembered(\.cost) { RunCost(configuration: configuration) } }
    let task: String
    let base: String
    let components: JSONValue
    let couplingLayers: Int?
    let isAmortised: Bool
    private let members: [String: JSONValue]
    private let modeCounts: ModeCounts
    private let known = Mutex(Known())

    fileprivate init(_ parsed: JSONValue, _ modeCounts: ModeCounts) {
        var members = parsed.objectValue ?? [:]
        members["seed"] = nil
        self.members = members
        self.modeCounts = modeCounts
        task = members["task"]?["name"]?.stringValue ?? ""
        base = members["base"]?["name"]?.stringValue ?? ""
        components = members["base"]?["components"] ?? .null
        couplingLayers = members["flow"]?["couplingLayers"]?.integerValue
        isAmortised = members["training"]?["objective"]?.stringValue == TrainingObjective.amortised.rawValue
    }

    /// The number of modes of the task; nil where it is not known.
    var modeCount: Int? { modeCounts.modeCount(ofTask: configuration["task"] ?? .null) }

    /// Of a run whose configuration cannot be read.
    static var unknown: CellFacts { CellFacts(.null, ModeCounts()) }
}

/// Modes by task; making some tasks takes a good part of a millisecond.
private final class ModeCounts: Sendable {
    private let known = Mutex<[JSONValue: Int?]>([:])

    func modeCount(ofTask task: JSONValue) -> Int? {
        if let count = known.withLock({ $0[task] }) { return count }
        var parameters = task.objectValue ?? [:]
        let name = parameters.removeValue(forKey: "name")?.stringValue ?? ""
        let choice = ComponentChoice(name: name, parameters: ParameterValues(parameters))
        let count = (try? TaskCatalog.make(choice))?.modeCount
        known.withLock { $0[task] = .some(count) }
        return count
    }
}

/// Reads configurations, those that differ in the seed alone once.
///
/// Each thread has its own, with its own copies of what is compared with: counting the references of shared ones from
/// several threads takes longer than the reading.
final class ConfigurationReader {
    let summaries = SummaryReader()
    private let pattern = Array(#","seed":"#.utf8)
    private struct Known {
        var cell: CellFacts
        var head: Substring
        var tail: Substring
    }

    private let modeCounts = ModeCounts()
    private var cells: [String: CellFacts] = [:]
    private var last: Known?

    /// The cell and the seed of a configuration's text; nil when it is no JSON object.
    func read(_ text: String) -> (cell: CellFacts, seed: Int)? {
        guard let parts = split(text) else { return parse(text) }
        if let last, last.head == parts.head, last.tail == parts.tail { return (last.cell, parts.seed) }
        let key = String(parts.head) + String(parts.tail)
        let cell: CellFacts
        if let known = cells[key] {
            cell = known
        } else {
            // Were the seed of the text another one than that of the run, the text would not be split right.
            guard let parsed = parse(text), parsed.seed == parts.seed else { return parse(text) }
            cell = parsed.cell
            cells[key] = cell
        }
        // Of the text itself: no copy is made.
        last = Known(cell: cell, head: parts.head, tail: parts.tail)
        return (cell, parts.seed)
    }

    private func parse(_ text: String) -> (cell: CellFacts, seed: Int)? {
        guard let parsed = try? JSONValue(parsing: text), parsed.objectValue != nil else { return nil }
        return (CellFacts(parsed, modeCounts), parsed["seed"]?.integerValue ?? 0)
    }

    /// What stands before and behind the digits of the only `"seed":`; nil where there is none, or more than one.
    private func split(_ text: String) -> (head: Substring, seed: Int, tail: Substring)? {
        guard let place = text.end(of: pattern), text.end(of: pattern, from: place) == nil else { return nil }
        let start = text.utf8.index(text.startIndex, offsetBy: place)
        let end = text.utf8[start...].firstIndex { !(0x30...0x39).contains($0) } ?? text.endIndex
        guard let seed = Int(text[start..<end]), end < text.endIndex else { return nil }
        return (text[..<start], seed, text[end...])
    }
}

extension String {
    /// The offset in UTF-8 bytes at which the first occurrence of `pattern` at or behind an offset ends; nil for none. For
    /// texts looked at by the ten thousand, where the library's searches take microseconds.
    func end(of pattern: [UInt8], from start: Int = 0) -> Int? {
        var text = self
        return text.withUTF8 { bytes in
            guard let base = UnsafeRawPointer(bytes.baseAddress), let first = pattern.first else { return nil }
            var index = start
            while index + pattern.count <= bytes.count,
                let found = memchr(base + index, Int32(first), bytes.count - pattern.count + 1 - index)
            {
                index = UnsafeRawPointer(found) - base
                if memcmp(base + index, pattern, pattern.count) == 0 { return index + pattern.count }
                index += 1
            }
            return nil
        }
    }
}
