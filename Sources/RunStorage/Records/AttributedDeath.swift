import Foundation

/// The death of a process that can be pinned on the run it was executing: a fatal signal of the run's own thread, or the
/// kernel's out-of-memory killer. SIGKILL from elsewhere, a reboot and a power loss never are.
public struct AttributedDeath: Sendable, Equatable {
    /// The signal's number.
    public var signal: Int32
    /// Where the run was, nil where that is not known.
    public var phase: String?
    /// Optimiser steps done by then, nil where that is not known.
    public var step: Int?
    /// More for people, for example what the process last wrote to standard error; empty without.
    public var detail: String

    /// How many deaths of one run without a new checkpoint between set it aside as failed.
    public static let limit = 3
    /// The failure code of a run that was set aside; not deterministic, so never part of the digest.
    public static let failureCode = "crashed"

    /// Describes a death; see the properties.
    public init(signal: Int32, phase: String? = nil, step: Int? = nil, detail: String = "") {
        self.signal = signal
        self.phase = phase
        self.step = step
        self.detail = detail
    }

    /// `SIGSEGV (bad memory access) in training after step 50: …`.
    public var description: String {
        var text = Self.name(of: signal)
        if let phase { text += " in \(phase)" + (step.map { $0 > 0 ? " after step \($0)" : "" } ?? "") }
        return detail.isEmpty ? text : text + ": " + detail
    }

    /// The signal's name and what it usually means.
    public static func name(of signal: Int32) -> String {
        switch signal {
        case SIGSEGV: return "SIGSEGV (bad memory access)"
        case SIGBUS: return "SIGBUS (bad memory access)"
        case SIGFPE: return "SIGFPE (arithmetic)"
        case SIGILL: return "SIGILL (trap)"
        case SIGTRAP: return "SIGTRAP (trap)"
        case SIGABRT: return "SIGABRT (abort)"
        case SIGKILL: return "SIGKILL"
        case SIGTERM: return "SIGTERM"
        case SIGINT: return "SIGINT"
        case SIGHUP: return "SIGHUP"
        default: return "signal \(signal)"
        }
    }
}

/// The line that a dying process leaves in the run's lock file.
///
/// The lock file is open for as long as the attempt lives, and the line names the attempt, so nothing has to be made
/// before a death or cleaned up after it.
enum DeathNote {
    /// What the line begins with; the signal, the phase and the step follow:
    /// `attempt 3 died of 11 in training after step 50`.
    static func prefix(fence: Int) -> String { "attempt \(fence) died of " }

    /// Reads the note of an attempt; nil when there is none, it is of another attempt or it is damaged.
    static func parse(_ text: String, fence: Int) -> AttributedDeath? {
        guard let line = text.split(separator: "\n", omittingEmptySubsequences: false).first,
            line.hasPrefix(prefix(fence: fence))
        else { return nil }
        let words = line.dropFirst(prefix(fence: fence).count).split(separator: " ")
        guard words.count == 6, words[1] == "in", words[3] == "after", words[4] == "step",
            let signal = Int32(words[0]), (1...64).contains(signal), let step = Int(words[5]),
            Counter.range.contains(step)
        else { return nil }
        return AttributedDeath(signal: signal, phase: String(words[2]), step: step)
    }
}
