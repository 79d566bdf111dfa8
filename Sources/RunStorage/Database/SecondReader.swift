import Dispatch
import GRDB
import Synchronization

/// A read through a second connection, on another thread.
final class SecondReader<Value: Sendable>: Sendable {
    private enum State {
        case waiting
        case begun
        case ended(Value?)
        /// Whoever wants the result does without.
        case dropped
    }

    private let state = Mutex(State.waiting)
    private let isDone = DispatchSemaphore(value: 0)

    fileprivate init(_ read: @escaping @Sendable () throws -> Value?) {
        do {
            try SystemThread.start("flowexp.reader") { [self] in
                let isWanted = state.withLock { state in
                    guard case .waiting = state else { return false }
                    state = .begun
                    return true
                }
                guard isWanted else { return }
                let value = try? read()
                state.withLock { $0 = .ended(value) }
                isDone.signal()
            }
        } catch {
            state.withLock { $0 = .dropped }
        }
    }

    /// What was read; nil when it failed for whatever reason, or no thread was free.
    func result() -> Value? {
        let isBegun = state.withLock { state in
            if case .waiting = state { state = .dropped }
            if case .dropped = state { return false }
            return true
        }
        guard isBegun else { return nil }
        isDone.wait()
        isDone.signal()
        return state.withLock { state in
            if case .ended(let value) = state { return value }
            return nil
        }
    }
}

extension StoreDatabase {
    /// Begins a read through another connection to the same file, which waits for nobody. Called inside a read of this
    /// connection, whose transaction must last until the result is there: then both see the same state. nil where no second
    /// connection should be opened.
    func readAlongside<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) -> SecondReader<Value>? {
        guard opened != nil else { return nil }
        return SecondReader { try self.second().read(body) }
    }

    /// The other connection; kept, because to free one can need a thread that the system does not give.
    private func second() throws -> StoreDatabase {
        try other.withLock { other in
            if let other { return other }
            let second = try StoreDatabase(path: path, readOnly: true, queryOnly: false, busyTimeout: 0)
            // By name: another store could have been put there.
            guard FileIdentity(path) == opened else { throw Self.moved(path) }
            other = second
            return second
        }
    }
}
