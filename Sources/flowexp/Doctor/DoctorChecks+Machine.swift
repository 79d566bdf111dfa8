import Foundation
import Orchestration
import RunStorage

/// The machine.
extension DoctorChecks {
    /// Clocks, cores, memory and limits.
    static func machine(_ facts: MachineFacts, newestAttemptAt: Double?) -> [DoctorCheck] {
        [clock(facts, newestAttemptAt: newestAttemptAt), cores(facts), memory(facts), files(facts), threads(facts)]
    }

    private static func clock(_ facts: MachineFacts, newestAttemptAt: Double?) -> DoctorCheck {
        let now = facts.wallSeconds
        guard facts.monotonicClockWorks else {
            return .problem(
                "clock", "the monotonic clock does not go forward",
                "Time limits and checkpoints need it; look into the virtual machine's clock settings.", .unavailable)
        }
        // Seconds since 1970 of the years 2020 and 2100.
        let text = timestamp(now)
        let remedy = "Set the clock (timedatectl). Results do not depend on it; times in logs do."
        if now < 1_577_836_800 || now > 4_102_444_800 {
            return .warning("clock", "\(text): this cannot be right", remedy)
        }
        if let newest = newestAttemptAt, newest > now + 86400 {
            return .warning("clock", "\(text), but the store's newest attempt began at \(timestamp(newest))", remedy)
        }
        return .ok("clock", text)
    }

    private static func timestamp(_ seconds: Double) -> String {
        guard abs(seconds) < 1e11 else { return "\(seconds) s since 1970" }
        var whole = time_t(seconds)
        var parts = tm()
        gmtime_r(&whole, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + " \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    private static func cores(_ facts: MachineFacts) -> DoctorCheck {
        let text =
            "\(CountText.of(facts.usableCores, "core")) usable, so \(CountText.of(facts.usableCores, "worker")) without -j"
        if let quota = facts.coreQuota, quota < Double(facts.usableCores) - 0.01 {
            let fitting = max(1, Int(quota))
            return .warning(
                "cores", text + "; the control group allows the time of \(CountText.fixed(quota, decimals: 1))",
                "Use -j \(fitting).")
        }
        return .ok("cores", text)
    }

    private static func memory(_ facts: MachineFacts) -> DoctorCheck {
        guard let available = [facts.availableMemory, facts.memoryLimit].compactMap({ $0 }).min() else {
            return .ok("memory", "unknown")
        }
        var text = "\(size(available)) available"
        if facts.memoryLimit == available { text += " (the control group's limit)" }
        // 2 is strict accounting: an allocation that cannot be backed fails at once, which ends a process.
        if facts.overcommit == 2 { text += ", granted strictly (vm.overcommit_memory 2)" }
        if available / max(1, facts.usableCores) < 300_000_000 {
            return .warning(
                "memory", text + ": little for \(CountText.of(facts.usableCores, "worker"))",
                "Use fewer workers (-j), and --isolate, so that the end of memory ends one run.")
        }
        return .ok("memory", text)
    }

    private static func files(_ facts: MachineFacts) -> DoctorCheck {
        // Measured: a few for the store and the terminal, and some for each worker.
        let needed = 16 + 4 * facts.usableCores
        let text = "\(CountText.grouped(facts.openFiles)) may be open (ulimit -n)"
        guard facts.openFiles < needed else { return .ok("files", text) }
        return .problem("files", text, "Raise it to at least \(needed): ulimit -n 1024.", .unavailable)
    }

    private static func threads(_ facts: MachineFacts) -> DoctorCheck {
        if facts.threadsSuffice { return .ok("threads", "enough for \(CountText.of(facts.usableCores, "worker"))") }
        return .problem(
            "threads", "the system does not give enough for \(CountText.of(facts.usableCores, "worker"))",
            "Raise the limit (ulimit -u, or the container's pids limit), or use a lower -j.", .unavailable)
    }
}
