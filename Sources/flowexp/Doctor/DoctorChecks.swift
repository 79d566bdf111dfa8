import FlowMath
import Foundation
import Orchestration
import RunStorage

/// From what was found out to what a person should know: no look-ups here.
enum DoctorChecks {
    /// The program and its libraries.
    static func program() -> [DoctorCheck] {
        var checks = [
            DoctorCheck.ok(
                "program",
                "flowexp \(VersionText.program), numerics variant \(Kernels.current.numericsVariant)"
                    + " (\(Kernels.current.instructionSet) kernels)")
        ]
        let version = SQLiteLibrary.version
        if version == "unknown" {
            checks.append(
                .problem("SQLite", "the library does not answer", "Install SQLite 3.37 or newer.", .unavailable))
        } else if isInResetRange(version) {
            checks.append(
                .ok(
                    "SQLite",
                    "\(version); its WAL-reset bug (3.7.0 to 3.51.2) does not apply, because stores use a rollback"
                        + " journal"))
        } else {
            checks.append(.ok("SQLite", version))
        }
        return checks
    }

    /// Whether a version has the bug that can damage a write-ahead log written by two processes.
    private static func isInResetRange(_ version: String) -> Bool {
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard parts.count >= 3 else { return false }
        let number = parts[0] * 1_000_000 + parts[1] * 1000 + parts[2]
        return (3_007_000...3_051_002).contains(number)
    }

    /// The place of the store and what is in it.
    static func store(_ found: StoreExamination) -> [DoctorCheck] {
        if found.place.isEmpty, let error = found.openError { return [of(error, "store")] }
        var checks = [content(found), fileSystem(found), writing(found), space(found)]
        if let flush = flushing(found) { checks.append(flush) }
        if let works = found.locksWork {
            checks.append(
                works
                    ? .ok("locks", "a lock is seen by other open files")
                    : .problem(
                        "locks", "a lock that one open file holds is not seen by another",
                        "Two sweeps would do the same runs here: choose a local file system with --store.",
                        .unavailable))
        }
        if found.hasHotJournal {
            checks.append(
                .warning(
                    "journal", "a transaction was cut short, or is just being written",
                    "Nothing to do: the next command rolls it back."))
        }
        if let dead = found.content?.deadAttempts, dead > 0 {
            checks.append(
                .warning(
                    "attempts", "\(CountText.of(dead, "run")) had a process that died",
                    "Continue them from their last checkpoints with: flowexp resume"))
        }
        return checks
    }

    private static func content(_ found: StoreExamination) -> DoctorCheck {
        if let error = found.openError { return of(error, "store") }
        guard let content = found.content else {
            return .ok("store", "none yet; flowexp sweep SPEC makes it at \(found.path)")
        }
        let counts = content.counts
        let text =
            "\(found.path), version \(content.version): \(CountText.of(counts.total, "run")), \(counts.completed)"
            + " completed, \(counts.failed) failed; \(size(content.bytes))"
        guard content.isFromAnotherMachine else { return .ok("store", text) }
        return .warning(
            "store", text + "; made on another machine",
            "Use it on one machine at a time: locks do not reach further.")
    }

    private static func of(_ error: RunStoreError, _ name: String) -> DoctorCheck {
        .problem(
            name, "\(error.location): \(error.what)", error.remedy,
            ExitStatus(rawValue: error.exitCode) ?? .unavailable)
    }

    private static func fileSystem(_ found: StoreExamination) -> DoctorCheck {
        let kind = found.fileSystem ?? "unknown"
        guard found.isNetwork else { return .ok("file system", "\(kind) at \(found.place)") }
        return .warning(
            "file system", "\(kind) at \(found.place) is a network file system",
            "Locks and flushing may not hold there: choose a local one with --store.")
    }

    private static func writing(_ found: StoreExamination) -> DoctorCheck {
        if let error = found.trialError { return of(error, "writing") }
        if found.isWritable { return .ok("writing", "this user may write at \(found.place)") }
        return .problem(
            "writing", "this user may not write at \(found.place)",
            "Give this user the right to write there, or choose another store with --store. Reading works.",
            .permission)
    }

    private static func space(_ found: StoreExamination) -> DoctorCheck {
        guard let free = found.freeBytes else { return .ok("space", "unknown") }
        // A run keeps two checkpoints while it goes on and its artefacts afterwards: rarely more than 1 MB.
        let perRun = max(100_000, found.content.map { $0.bytes / max(1, $0.counts.completed) } ?? 1_000_000)
        let runs = free / perRun
        let text = "\(size(free)) free, enough for about \(CountText.of(runs, "run"))"
        if free < 20_000_000 {
            return .problem("space", text, "Free some space, or choose another store with --store.", .inputOutput)
        }
        if free < 1_000_000_000 {
            return .warning("space", text, "A sweep that fills the disk stops with exit 74 and goes on later.")
        }
        return .ok("space", text)
    }

    private static func flushing(_ found: StoreExamination) -> DoctorCheck? {
        guard let seconds = found.flushSeconds else { return nil }
        let text = "a small file is on the disk after \(CountText.fixed(seconds * 1000, decimals: 1)) ms"
        if seconds < 0.5 { return .ok("flushing", text) }
        return .warning(
            "flushing", text, "Each run needs some twenty of these: short runs will wait for the disk.")
    }

    /// `1.2 GB`, decimal units.
    static func size(_ bytes: Int) -> String {
        let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
        for (unit, scale) in units where Double(bytes) >= scale {
            return "\(CountText.fixed(Double(bytes) / scale, decimals: 1)) \(unit)"
        }
        return "\(bytes) bytes"
    }
}
