import Experiments
import Foundation

/// Faults on purpose, so that what a sweep does about them can be tried on the real program.
///
/// `FLOWEXP_FAULT='KIND:condition,…'` makes the process fail while it executes a run that satisfies every condition:
/// `seed=N`, `phase=pool|training|evaluation`, `step=N` (from that step of training on; needs no `phase`). Kinds: `trap`,
/// `abort`, `segfault`, `overflow` (of the stack), `memory` (allocates until nothing is left of a small limit), `devour`
/// (fills memory without a limit: only in a control group that has one), `kill`
/// (SIGKILL), `hang`, `throw`. It is always compiled in; unset it costs one comparison a step.
package struct FaultInjection: Sendable {
    package enum Kind: String, CaseIterable {
        case trap, abort, segfault, overflow, memory, devour, kill, hang, `throw`
    }

    /// What `throw` throws.
    struct InjectedError: Error, CustomStringConvertible {
        var description: String { "injected by FLOWEXP_FAULT" }
    }

    package var kind: Kind
    package var seed: UInt64?
    package var phase: RunPhase?
    package var step: Int?

    /// What the environment asks for; nil without, and for a text that cannot be read.
    static let requested = ProcessInfo.processInfo.environment["FLOWEXP_FAULT"].flatMap(FaultInjection.init)

    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard let first = parts.first, let kind = Kind(rawValue: String(first)) else { return nil }
        self.kind = kind
        for condition in parts.dropFirst().flatMap({ $0.split(separator: ",") }) {
            let sides = condition.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { return nil }
            switch sides[0] {
            case "seed": seed = UInt64(sides[1])
            case "phase": phase = RunPhase(rawValue: sides[1])
            case "step": step = Int(sides[1])
            default: return nil
            }
        }
        if step != nil && phase == nil { phase = .training }
    }

    /// The run function with the fault in it.
    package func applied(to inner: @escaping RunFunction) -> RunFunction {
        { request, directive, onEvent in
            if let seed, request.configuration.seed != seed { return try inner(request, directive, onEvent) }
            var now = RunPhase.pool
            // The first step boundary comes before the first step.
            var step = -1
            func isDue() -> Bool { phase.map { $0 == now } ?? true && step >= self.step ?? -1 }
            return try inner(
                request,
                {
                    if now == .pool { now = .training }
                    step += 1
                    if isDue() { strike() }
                    return directive()
                },
                { event in
                    if case .progress(let progress) = event {
                        now = progress.phase
                        step = max(step, progress.step)
                        if isDue() {
                            if kind == .throw { throw InjectedError() }
                            strike()
                        }
                    }
                    try onEvent(event)
                })
        }
    }

    private func strike() {
        switch kind {
        case .trap: fatalError("injected by FLOWEXP_FAULT")
        case .abort: Foundation.abort()
        case .segfault: UnsafeMutablePointer<UInt8>(bitPattern: 8)?.pointee = 1
        case .overflow: _ = Self.recurse(1)
        case .memory: Self.exhaustMemory(below: 1 << 20)
        case .devour: Self.exhaustMemory(below: nil)
        case .kill: Foundation.kill(getpid(), SIGKILL)
        case .hang: while true { sleep(1) }
        // Thrown at the next event, because a step boundary cannot throw.
        case .throw: break
        }
    }

    @inline(never)
    private static func recurse(_ depth: Int) -> Int {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { bytes in
            bytes[depth & 4095] = UInt8(truncatingIfNeeded: depth)
            return recurse(depth + 1) + Int(bytes[depth & 4095])
        }
    }

    private static func exhaustMemory(below bytes: rlim_t?) {
        if let bytes {
            // Less than the process has already: the next allocation of any size fails.
            var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
            #if canImport(Glibc)
                setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
            #else
                setrlimit(RLIMIT_AS, &limit)
            #endif
        }
        var kept: [[UInt8]] = []
        while true { kept.append([UInt8](repeating: UInt8(kept.count & 255), count: 1 << 20)) }
    }
}
