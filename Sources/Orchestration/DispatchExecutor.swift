import Dispatch
import RunStorage

/// A pool of workers over Dispatch: one serial queue, and so one thread, per worker.
///
/// When there is exactly one worker per core that this process may use, each worker stays on its own core for the
/// time of `execute`: caches stay warm and no two workers share a core while another is idle. With fewer workers the
/// system's scheduler is left alone, because two processes with few workers each would pin to the same cores.
/// `FLOWEXP_PIN=0` in the environment leaves it alone always, for machines that others keep busy.
public struct DispatchExecutor: Executor {
    /// The number of workers, at least 1.
    public let workers: Int

    /// `workers`: nil means one per core that this process may use.
    public init(workers: Int? = nil) {
        self.workers = max(1, workers ?? ProcessorAffinity.usableCores().count)
    }

    /// Throws ``UnavailableError`` when the system does not give as many threads as the workers, the display and the
    /// supervision need: Dispatch would wait for them without a word. `isolated`: each worker is a process, too.
    public func checkThreads(isolated: Bool = false) throws {
        let needed = 4 + workers * (isolated ? 4 : 1)
        guard SystemThread.canMake(needed) else {
            throw UnavailableError(
                what: "the system does not give this user the \(needed) further threads that -j \(workers) needs",
                remedy: "Lower -j, raise the limit (ulimit -u, or the container's pids limit), or end other processes.")
        }
    }

    /// Runs the jobs on the workers' threads and returns when all are done.
    public func execute(_ nextJob: @escaping @Sendable (_ worker: Int) -> Job?) {
        let cores = ProcessorAffinity.usableCores()
        let pins = workers == cores.count && ProcessorAffinity.isWanted
        let group = DispatchGroup()
        for worker in 0..<workers {
            // Own queues, not `.global()`: long jobs there would starve everything else that uses it.
            let queue = DispatchQueue(label: "flowexp.worker.\(worker)", qos: .userInitiated)
            queue.async(group: group) {
                if pins { ProcessorAffinity.pinCurrentThread(to: [cores[worker]]) }
                while let job = nextJob(worker) { job() }
                // The thread goes back to Dispatch's pool, so it must not stay pinned.
                if pins { ProcessorAffinity.pinCurrentThread(to: cores) }
            }
        }
        group.wait()
    }
}
