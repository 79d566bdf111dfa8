import Synchronization

/// Whether the work in progress should end: set once, read at every step boundary by every worker.
public final class StopRequest: Sendable {
    private let requested = Atomic<Bool>(false)
    private let time = Mutex<Double?>(nil)

    /// Creates a request that has not been made.
    public init() {}

    /// Asks all running work to checkpoint and end.
    public func request() {
        time.withLock { $0 = $0 ?? monotonicSeconds() }
        requested.store(true, ordering: .releasing)
    }

    /// Whether it was asked.
    public var isRequested: Bool { requested.load(ordering: .acquiring) }

    /// When it was asked first, by ``monotonicSeconds()``.
    public var requestedAt: Double? { time.withLock { $0 } }
}
