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
        self.path = path ?? Self.ownCounter()
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

    /// Version 2 of control groups has `memory.events`, version 1 `memory.oom_control` (cgroups(7)).
    private static func ownCounter() -> String? {
        guard let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8) else { return nil }
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            let isSecond = fields[0] == "0" && fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").contains("memory") else { continue }
            let (mount, file) =
                isSecond ? ("/sys/fs/cgroup", "memory.events") : ("/sys/fs/cgroup/memory", "memory.oom_control")
            // Inside a container the path may be the host's, which is not there; the mount is then the group itself.
            for path in [mount + fields[2] + "/" + file, mount + "/" + file] where count(path) != nil { return path }
        }
        return nil
    }
}
