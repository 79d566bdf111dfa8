import Synchronization

/// Progress that is waiting to be written: at most one write transaction a second and process.
final class ProgressBoard: Sendable {
    /// What will be written for one attempt.
    struct Entry: Sendable {
        var fence: Int
        var progress: AttemptProgress
        var elapsed: Double
    }

    private struct Board {
        var pending: [Int64: Entry] = [:]
        var lastWrite = -Double.infinity
    }

    private static let interval = 1.0
    private let board = Mutex(Board())

    /// Keeps `entry`; returns everything pending when it is time to write, else nil.
    func add(_ entry: Entry, run key: Int64, now: Double) -> [(key: Int64, entry: Entry)]? {
        board.withLock { board in
            board.pending[key] = entry
            guard now - board.lastWrite >= Self.interval else { return nil }
            board.lastWrite = now
            defer { board.pending.removeAll() }
            return board.pending.sorted { $0.key < $1.key }.map { (key: $0.key, entry: $0.value) }
        }
    }

    /// Takes an attempt's entry out, to be written with something else.
    func take(run key: Int64) -> Entry? { board.withLock { $0.pending.removeValue(forKey: key) } }
}
