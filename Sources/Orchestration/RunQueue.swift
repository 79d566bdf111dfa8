import Foundation
import RunStorage
import Synchronization

/// Which run a worker does next. Runs are begun in the plan's order; runs that other processes are doing are set
/// aside and looked at again until they have ended there or their process has died.
final class RunQueue: Sendable {
    /// What the executor's workers get.
    struct Claimed: Sendable {
        var item: SweepItem
        /// Nil when a worker process claims it.
        var claim: RunClaim?
    }

    /// How often in a row a run's process may die for reasons that are not the run's before this sweep lets it be.
    static let unattributedLimit = 5

    private struct State {
        var pending: [SweepItem]
        var next = 0
        var elsewhere: [SweepItem] = []
        var isPolling = false
        var unattributedDeaths: [String: Int] = [:]
    }

    private let state: Mutex<State>
    private let store: RunStore
    private let options: SweepOptions
    private let tally: SweepTally
    private let stop: StopRequest
    /// Whether runs are claimed here; otherwise by whoever gets them.
    private let claims: Bool

    init(
        items: [SweepItem], store: RunStore, options: SweepOptions, tally: SweepTally, stop: StopRequest,
        claims: Bool = true
    ) {
        self.claims = claims
        state = Mutex(State(pending: items))
        self.store = store
        self.options = options
        self.tally = tally
        self.stop = stop
    }

    /// Runs that nobody has begun here and that are not done elsewhere.
    var unstarted: Int { state.withLock { $0.pending.count - $0.next } }

    /// Runs set aside because another process is doing them.
    var elsewhere: Int { state.withLock { $0.elsewhere.count } }

    /// The next run, claimed; nil when there is none or the sweep is ending. Blocks while runs are done elsewhere.
    func next() -> Claimed? {
        while !stop.isRequested, !tally.isEnding {
            if let item = takePending() {
                if let claimed = begin(item) { return claimed }
                continue
            }
            guard options.waitsForOthers, elsewhere > 0 else { return nil }
            if let claimed = pollElsewhere() { return claimed }
        }
        return nil
    }

    /// Puts a run back whose process died, after those that wait. False when it died too often for reasons that are not
    /// its own (`counted` deaths are bounded by the store): then it is left as it is.
    func giveBack(_ item: SweepItem, counted: Bool) -> Bool {
        state.withLock { state in
            if !counted {
                state.unattributedDeaths[item.id, default: 0] += 1
                if state.unattributedDeaths[item.id, default: 0] >= Self.unattributedLimit { return false }
            }
            state.pending.append(item)
            return true
        }
    }

    /// Remembers a run that another process is doing.
    func setAside(_ item: SweepItem) {
        let count = state.withLock { state in
            state.elsewhere.append(item)
            return state.elsewhere.count
        }
        tally.emit(.elsewhere(count))
    }

    private func takePending() -> SweepItem? {
        state.withLock { state in
            guard state.next < state.pending.count else { return nil }
            defer { state.next += 1 }
            return state.pending[state.next]
        }
    }

    /// Claims a run; nil when it is over or done elsewhere, which is noted.
    private func begin(_ item: SweepItem) -> Claimed? {
        guard claims else { return Claimed(item: item) }
        do {
            switch try store.tryBegin(runID: item.id) {
            case .claimed(let claim):
                return Claimed(item: item, claim: claim)
            case .heldElsewhere: setAside(item)
            case .alreadyCompleted:
                tally.endedElsewhere(item.id, failed: false)
            case .alreadyFailed:
                tally.endedElsewhere(item.id, failed: true)
            }
        } catch {
            tally.end(with: error)
        }
        return nil
    }

    /// One worker looks at the runs set aside, the others sleep; returns a run whose process died.
    private func pollElsewhere() -> Claimed? {
        let polls = state.withLock { state in
            if state.isPolling { return false }
            state.isPolling = true
            return true
        }
        guard polls else {
            sleep()
            return nil
        }
        defer { state.withLock { $0.isPolling = false } }
        sleep()
        let items = state.withLock { $0.elsewhere }
        for item in items where !stop.isRequested && !tally.isEnding {
            do {
                if try store.isHeld(runID: item.id) { continue }
            } catch {
                tally.end(with: error)
                return nil
            }
            let count = state.withLock { state in
                state.elsewhere.removeAll { $0.id == item.id }
                return state.elsewhere.count
            }
            tally.emit(.elsewhere(count))
            if let claimed = begin(item) { return claimed }
        }
        return nil
    }

    private func sleep() {
        // A little random, so that processes that wait for each other do not look in step.
        Thread.sleep(forTimeInterval: options.pollInterval * Double.random(in: 0.8...1.2))
    }
}
