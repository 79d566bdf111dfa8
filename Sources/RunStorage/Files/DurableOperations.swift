import Foundation
import Synchronization

/// The points at which a crash would matter: before each write, fsync, rename, unlink, BEGIN and COMMIT, and after a
/// COMMIT.
///
/// `FLOWEXP_CRASH_AT=N` makes the process kill itself at the N-th point it passes, counted over all threads from its
/// start, so that a test can stop a sweep at every one of them. Unset, a point costs one comparison.
enum DurableOperations {
    private static let crashAt = ProcessInfo.processInfo.environment["FLOWEXP_CRASH_AT"].flatMap { Int($0) } ?? 0
    private static let passed = Atomic<Int>(0)

    /// Marks one point.
    static func point() {
        guard crashAt > 0 else { return }
        if passed.add(1, ordering: .relaxed).newValue == crashAt {
            kill(getpid(), SIGKILL)
            // The signal is delivered before kill returns to a single-threaded process only; wait for it.
            while true { pause() }
        }
    }
}
