import Catalog
import Experiments
import Foundation
import RunStorage
import Synchronization

/// The worker processes of `sweep --isolate`, one for each of the executor's workers, started when first needed and
/// kept for many runs. What kills one ends one execution of one run.
final class IsolatedWorkers: Sendable {
    private let launch: WorkerLaunch
    private let store: RunStore
    private let revisionID: Int64
    private let options: SweepOptions
    private let tally: SweepTally
    private let stop: StopRequest
    private let memory = OutOfMemoryWatch()
    /// By worker. Each is used by its worker's thread only; the lock guards the dictionary.
    private let processes = Mutex<[Int: Slot]>([:])

    /// Processes that were not waited for yet, and whether they were given up.
    private let living = Mutex<(pids: Set<pid_t>, areGivenUp: Bool)>(([], false))

    private final class Slot: @unchecked Sendable {
        // @unchecked: the executor calls one worker's jobs one after the other.
        var process: WorkerProcess?
        var wasToldToStop = false
    }

    /// How an execution in a worker process ended when it did not end by a report.
    struct Death {
        var pid: Int
        var signal: Int32?
        var exitCode: Int32?
        var lastWords: String
        /// Whether the death can be pinned on what was executed.
        var isAttributed: Bool
        /// Whether this sweep ended the process because the time was used up.
        var wasOutOfTime = false
    }

    /// Seconds that a run may go on after its time is used up before its process is ended.
    static let timeoutGrace = 5.0

    init(
        launch: WorkerLaunch, store: RunStore, revisionID: Int64, options: SweepOptions, tally: SweepTally,
        stop: StopRequest
    ) {
        self.launch = launch
        self.store = store
        self.revisionID = revisionID
        self.options = options
        self.tally = tally
        self.stop = stop
        // A parent that ignores the ends of children would hide how ours ended.
        _ = signal(SIGCHLD, SIG_DFL)
    }

    /// Gives an order to a worker's process and passes its reports to `handle` until that returns false. Returns nil
    /// then, or the process's death. Throws ``UnavailableError`` when no process can be started.
    ///
    /// `deadline` is asked for the time, by ``monotonicSeconds()``, at which the process is ended; nil for never.
    func perform(
        _ order: WorkerOrder, worker: Int, deadline: () -> Double?, handle: (WorkerReport, _ pid: Int) -> Bool
    ) throws -> Death? {
        let slot = processes.withLock { processes in
            let slot = processes[worker] ?? Slot()
            processes[worker] = slot
            return slot
        }
        let process = try slot.process ?? start(slot)
        process.channel.send(order.line)
        var wasOutOfTime = false
        while true {
            if stop.isRequested || tally.hasFatalError, !slot.wasToldToStop {
                slot.wasToldToStop = true
                process.channel.send(WorkerOrder.stop.line)
            }
            switch process.channel.receive(milliseconds: 50) {
            case .line(let line):
                guard let report = WorkerReport(line: line) else { continue }
                if !handle(report, Int(process.pid)) { return nil }
            case .nothing:
                if let deadline = deadline(), monotonicSeconds() > deadline {
                    wasOutOfTime = true
                    kill(process.pid, SIGKILL)
                }
            case .ended:
                slot.process = nil
                // The sweep has had its last word.
                if living.withLock({ $0.areGivenUp }) { return nil }
                return death(of: process, wasOutOfTime: wasOutOfTime)
            }
        }
    }

    private func start(_ slot: Slot) throws -> WorkerProcess {
        let process = try WorkerProcess(launch)
        slot.process = process
        living.withLock { _ = $0.pids.insert(process.pid) }
        slot.wasToldToStop = false
        process.channel.send(
            WorkerOrder.begin(
                store: store.path, revision: revisionID, timeout: options.timeout,
                checkpointInterval: options.checkpointInterval
            ).line)
        return process
    }

    private func death(of process: WorkerProcess, wasOutOfTime: Bool) -> Death {
        // Before it is waited for: afterwards its number may be another's.
        living.withLock { _ = $0.pids.remove(process.pid) }
        let end = process.end(killing: false)
        var death = Death(pid: Int(process.pid), lastWords: process.lastWords(), isAttributed: false)
        death.wasOutOfTime = wasOutOfTime
        switch end {
        case .signalled(SIGKILL):
            death.signal = SIGKILL
            death.isAttributed = !wasOutOfTime && memory.takeOne()
            if death.isAttributed { death.lastWords = "the kernel ended it for want of memory" }
        case .signalled(let number):
            death.signal = number
            death.isAttributed = [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGXCPU].contains(number)
        case .exited(let code): death.exitCode = code
        case .unknown: break
        }
        return death
    }

    /// Ends processes that did not stop in time; their runs go on from the last checkpoint. One that is itself stopped
    /// (SIGSTOP) would else stay behind and hold its run until somebody continues it.
    func giveUp() {
        living.withLock { living in
            living.areGivenUp = true
            for pid in living.pids { kill(pid, SIGKILL) }
        }
    }

    /// Ends the processes; none of them works on anything any more.
    func finish() {
        let slots = processes.withLock { processes in
            defer { processes = [:] }
            return processes.values.map { $0 }
        }
        living.withLock { $0.pids = [] }
        for slot in slots { _ = slot.process?.end(killing: false) }
    }
}
