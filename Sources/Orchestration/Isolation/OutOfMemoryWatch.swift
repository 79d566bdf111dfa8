import Foundation
import Synchronization

/// Tells whether a process of this sweep that got SIGKILL was ended by the kernel for want of memory.
///
/// The control group counts such ends (`oom_kill`). When the count has risen since it was last asked about, one SIGKILL
/// is accounted for by it; any other SIGKILL came from a person or a program and says nothing about the run.
package final class OutOfMemoryWatch: Sendable {
    private let path: String?
    private let accounted: Mutex<Int>

    /// `path`: the file with a line `oom_kill N`; nil finds that of this process's control group.
    package init(path: String? = nil) {
        self.path =
            path
            ?? ControlGroup.path(controller: "memory", second: "memory.events", first: "memory.oom_control")
        accounted = Mutex(Self.count(self.path) ?? 0)
    }

    /// Whether one more such end was counted than this has been told of.
    package func takeOne() -> Bool {
        guard let count = Self.count(path) else { return false }
        return accounted.withLock { accounted in
            guard count > accounted else { return false }
            accounted += 1
            return true
        }
    }

    private static func count(_ path: String?) -> Int? {
        guard let path, let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return Int(line.dropFirst("oom_kill ".count))
        }
        return nil
    }
}
