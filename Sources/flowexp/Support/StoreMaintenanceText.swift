import Catalog
import RunStorage

/// What `store check`, `repair` and `migrate` say.
enum StoreMaintenanceText {
    static func line(_ problem: StoreProblem) -> String {
        "\(problem.severity.rawValue): \(problem.location): \(problem.what). \(problem.remedy)"
    }

    static func summary(_ check: StoreCheck) -> String {
        let version = check.version.map { "database of version \($0)" } ?? "no usable database"
        let busy = check.busyRuns > 0 ? ", \(count(check.busyRuns, "run")) at work left alone" : ""
        let findings = StoreProblem.Severity.allCases
            .map { severity in
                let number = check.count(severity)
                return severity == .damage ? "\(number) damaged" : count(number, severity.rawValue)
            }
            .joined(separator: ", ")
        return "\(check.path): \(version), \(count(check.runs, "run"))\(busy), \(count(check.revisions, "revision")), "
            + "\(count(check.files, "file")), \(bytes(check.bytes)) read: \(findings)"
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static func bytes(_ number: Int) -> String {
        number < 10_000_000 ? "\(number / 1000) kB" : "\(number / 1_000_000) MB"
    }

    static func text(_ repair: StoreRepair, dryRun: Bool) -> String {
        guard repair.isNeeded else {
            return "\(repair.check.path): nothing is damaged; "
                + (repair.migrationBackup.map {
                    "brought forward to version \(repair.check.version ?? 0), the backup is \($0)"
                } ?? "nothing was changed")
        }
        var lines = repair.check.problems.filter { $0.severity == .damage }.map(line)
        lines += repair.redone.map {
            "run \($0.runID): \($0.reason). The next sweep does it again, with the same numbers."
        }
        lines += repair.lostRuns.map {
            "run \($0): nothing tells its configuration any more. `flowexp sweep SPEC` with its spec brings it back."
        }
        lines += repair.setAside.map { "\($0): \(dryRun ? "goes" : "went") to the backups" }
        let summary =
            "\(repair.completed) completed runs, \(repair.continued) with a checkpoint, \(repair.redone.count) to do again, "
            + count(repair.revisions, "revision")
        if dryRun {
            lines.append("\(repair.check.path): a repair would give \(summary); nothing was changed")
        } else {
            lines.append(
                "\(repair.check.path): the database was rebuilt: \(summary)"
                    + (repair.backup.map { "; the old one is \($0)" } ?? ""))
        }
        return lines.joined(separator: "\n")
    }

    static func text(_ migration: StoreMigration) -> String {
        var parts: [String] = []
        if let backup = migration.backup {
            parts.append("migrated from version \(migration.found) to \(migration.current); the backup is \(backup)")
        } else {
            parts.append("version \(migration.found) is the current one")
        }
        if !migration.written.isEmpty { parts.append("wrote \(count(migration.written.count, "missing file"))") }
        if migration.backup == nil && migration.written.isEmpty { parts.append("there was nothing to do") }
        if migration.damaged > 0 { parts.append("\(count(migration.damaged, "record")) damaged") }
        return "\(migration.path): " + parts.joined(separator: "; ")
    }

    static func json(_ check: StoreCheck) -> JSONValue {
        var value = members(check)
        value["schema"] = .string("flowexp.store-check/1")
        return .object(value)
    }

    private static func members(_ check: StoreCheck) -> [String: JSONValue] {
        [
            "store": .string(check.path), "version": check.version.map { .integer($0) } ?? .null,
            "runs": .integer(check.runs), "busyRuns": .integer(check.busyRuns),
            "revisions": .integer(check.revisions), "files": .integer(check.files), "bytes": .integer(check.bytes),
            "damage": .integer(check.count(.damage)), "leftovers": .integer(check.count(.leftover)),
            "notes": .integer(check.count(.note)),
            "problems": .array(
                check.problems.map {
                    .object([
                        "severity": .string($0.severity.rawValue), "what": .string($0.what),
                        "location": .string($0.location), "remedy": .string($0.remedy),
                    ])
                }),
        ]
    }

    static func json(_ repair: StoreRepair, dryRun: Bool) -> JSONValue {
        .object([
            "schema": .string("flowexp.store-repair/1"), "dryRun": .bool(dryRun), "needed": .bool(repair.isNeeded),
            "check": .object(members(repair.check)), "completed": .integer(repair.completed),
            "continued": .integer(repair.continued), "revisions": .integer(repair.revisions),
            "redone": .array(
                repair.redone.map { .object(["run": .string($0.runID), "reason": .string($0.reason)]) }),
            "lost": .array(repair.lostRuns.map { .string($0) }),
            "setAside": .array(repair.setAside.map { .string($0) }),
            "backup": repair.backup.map { .string($0) } ?? .null,
            "migrationBackup": repair.migrationBackup.map { .string($0) } ?? .null,
        ])
    }

    static func json(_ migration: StoreMigration) -> JSONValue {
        .object([
            "schema": .string("flowexp.store-migrate/1"), "store": .string(migration.path),
            "found": .integer(migration.found), "current": .integer(migration.current),
            "backup": migration.backup.map { .string($0) } ?? .null,
            "written": .array(migration.written.map { .string($0) }), "damaged": .integer(migration.damaged),
        ])
    }
}
