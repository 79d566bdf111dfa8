import Foundation
import RunStorage

/// What this machine gives a sweep: for `doctor`.
public struct MachineFacts: Sendable {
    /// Cores in this process's affinity mask: as many workers run without `-j`.
    public var usableCores = ProcessorAffinity.usableCores().count
    /// Cores' worth of time that the control group allows, nil without a limit.
    public var coreQuota: Double?
    /// Bytes of memory that are free or can be freed, nil where the system does not tell.
    public var availableMemory: Int?
    /// Bytes that the control group allows, nil without a limit.
    public var memoryLimit: Int?
    /// How many files a process may have open.
    public var openFiles: Int
    /// Whether the kernel grants memory that it may not have: `vm.overcommit_memory` (0, 1, 2), nil where unknown.
    public var overcommit: Int?
    /// Whether the clock that never jumps goes forward.
    public var monotonicClockWorks: Bool
    /// Seconds since 1970 by the wall clock.
    public var wallSeconds = Date().timeIntervalSince1970
    /// Whether as many threads can be made as that many workers need.
    public var threadsSuffice: Bool

    /// Looks.
    public init() {
        let quota =
            ControlGroup.text(controller: "cpu", second: "cpu.max", first: "cpu.cfs_quota_us")?
            .split(separator: " ").map(String.init) ?? []
        // Version 2 has both numbers in one file; "max" and −1 mean no limit.
        let period =
            quota.count > 1
            ? quota[1] : ControlGroup.text(controller: "cpu", second: "cpu.max", first: "cpu.cfs_period_us")
        if let used = quota.first.flatMap(Double.init), used > 0, let period = period.flatMap(Double.init), period > 0 {
            coreQuota = used / period
        }
        let limit = ControlGroup.text(controller: "memory", second: "memory.max", first: "memory.limit_in_bytes")
        // Version 1 writes "no limit" as a number near 2⁶³.
        memoryLimit = limit.flatMap { Int($0) }.flatMap { $0 < 1 << 60 ? $0 : nil }
        for line in (Self.text("/proc/meminfo") ?? "").split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            availableMemory = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        overcommit = Self.text("/proc/sys/vm/overcommit_memory").flatMap { Int($0) }
        openFiles = Int(clamping: sysconf(Int32(_SC_OPEN_MAX)))
        let before = monotonicSeconds()
        usleep(2000)
        let passed = monotonicSeconds() - before
        monotonicClockWorks = passed > 0 && passed < 60
        threadsSuffice = SystemThread.canMake(usableCores + 4)
    }

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
