/// One run's execution, ready to be called on a worker's thread; it never throws, since a run's failure is recorded,
/// not passed on.
public typealias Job = @Sendable () -> Void

/// Where runs are executed.
///
/// Contract (checked by `checkExecutor`): `execute` calls `nextJob` with a worker's number, 0 ..< `workers`, calls the
/// job it got on the same thread, and repeats until `nextJob` returns nil for that worker; it returns when every
/// worker has got its nil. Each job is called exactly once; jobs of one worker never overlap. `nextJob` may block.
public protocol Executor: Sendable {
    /// The number of workers, at least 1.
    var workers: Int { get }

    /// Runs jobs until there are none; see the type's contract.
    func execute(_ nextJob: @escaping @Sendable (_ worker: Int) -> Job?)
}

/// Runs everything on the calling thread, in order: for tests and debugging.
public struct SerialExecutor: Executor {
    /// One.
    public let workers = 1

    /// Creates the executor.
    public init() {}

    /// Runs the jobs one after the other.
    public func execute(_ nextJob: @escaping @Sendable (_ worker: Int) -> Job?) {
        while let job = nextJob(0) { job() }
    }
}
