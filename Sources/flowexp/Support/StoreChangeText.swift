import Catalog
import Foundation
import Reports
import RunStorage

/// Words for merges, removals and the trash.
enum StoreChangeText {
    /// `812 B`, `1.4 kB`, `23 MB`: powers of ten, two digits at the least.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 999.5 || unit == "GB" {
                let isShort = unit != "B" && value < 9.95
                return (isShort ? String(format: "%.1f", value) : String(Int(value.rounded()))) + " " + unit
            }
            value /= 1000
        }
        return "\(count) B"
    }

    /// `3 completed, 1 interrupted`; `none`.
    static func counts(_ counts: StateCounts) -> String {
        let parts = [
            (counts.completed, "completed"), (counts.failed, "failed"), (counts.interrupted, "interrupted"),
            (counts.planned, "planned"),
        ].filter { $0.0 > 0 }.map { "\(CountText.grouped($0.0)) \($0.1)" }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    /// What a merge did, a line for each kind of change.
    static func merge(_ summary: MergeSummary) -> [String] {
        var lines: [String] = []
        if summary.added.total > 0 {
            lines.append("  \(CountText.of(summary.added.total, "run")) added: \(counts(summary.added))")
        }
        if summary.replaced.total > 0 {
            lines.append(
                "  \(CountText.of(summary.replaced.total, "run")) taken over that were less far here: "
                    + counts(summary.replaced))
        }
        if summary.metricsAdded > 0 {
            lines.append("  \(CountText.of(summary.metricsAdded, "metric value")) added to completed runs")
        }
        if summary.unchanged > 0 {
            lines.append(
                "  \(CountText.of(summary.unchanged, "run")) unchanged: nothing more of "
                    + (summary.unchanged == 1 ? "it there" : "them there"))
        }
        for revision in summary.revisions {
            let name = DisplayWidth.cut(revision.sweep, to: 60)
            lines.append(
                revision.isNewSweep
                    ? "  sweep \(name) added, \(CountText.of(revision.added, "revision"))"
                    : "  sweep \(name): \(CountText.of(revision.added, "revision")) added after those here; the last is now the newest"
            )
        }
        if summary.files > 0 {
            lines.append("  \(CountText.of(summary.files, "file")), \(bytes(summary.bytes))")
        }
        return lines
    }

    static func json(_ counts: StateCounts) -> JSONValue {
        .object([
            "completed": .integer(counts.completed), "failed": .integer(counts.failed),
            "interrupted": .integer(counts.interrupted), "planned": .integer(counts.planned),
        ])
    }

    static func json(_ summary: MergeSummary) -> JSONValue {
        .object([
            "source": .string(summary.source), "added": json(summary.added), "replaced": json(summary.replaced),
            "metricsAdded": .integer(summary.metricsAdded), "unchanged": .integer(summary.unchanged),
            "sweeps": .array(
                summary.revisions.map {
                    .object([
                        "name": .string($0.sweep), "revisionsAdded": .integer($0.added), "isNew": .bool($0.isNewSweep),
                    ])
                }),
            "files": .integer(summary.files), "bytes": .integer(summary.bytes),
        ])
    }

    static func json(_ entry: TrashEntry) -> JSONValue {
        .object([
            "name": .string(entry.name),
            "removedAt": entry.removedAt.isFinite ? .string(WallClock.text(entry.removedAt)) : .null,
            "what": .string(entry.what), "sweeps": .array(entry.sweeps.map { .string($0) }),
            "runs": .integer(entry.runs), "files": .integer(entry.files), "looseFiles": .integer(entry.looseFiles),
            "bytes": .integer(entry.bytes),
        ])
    }

    /// The trash as a table.
    static func table(_ entries: [TrashEntry], width: Int?) -> String {
        let table = TextTable(
            columns: [
                .init("entry"), .init("removed by", minimumWidth: 12), .init("runs", .right), .init("files", .right),
                .init("size", .right),
            ],
            rows: entries.map { entry in
                [
                    entry.name, entry.what, CountText.grouped(entry.runs), CountText.grouped(entry.files),
                    bytes(entry.bytes),
                ]
            })
        return table.render(width: width).text
    }
}

extension StoreOption {
    /// ` --store DIR` where one was given, for commands that a message suggests.
    var suffix: String {
        guard let store else { return "" }
        let isPlain = store.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x2f, 0x5f: return true
            default: return false
            }
        }
        return " --store " + (isPlain ? store : "'" + store.replacingOccurrences(of: "'", with: "'\\''") + "'")
    }
}
