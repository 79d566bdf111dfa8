import Foundation
import Orchestration
import Synchronization
import Testing

/// The contract of ``Executor``, over every executor there is: a new one adds its line.
struct ExecutorTests {
    static let executors: [any Executor] = [
        SerialExecutor(), DispatchExecutor(workers: 1), DispatchExecutor(workers: 2), DispatchExecutor(workers: 7),
        DispatchExecutor(),
    ]

    @Test("every job is called once, jobs of a worker never overlap, and execute returns after all", arguments: 0..<5)
    func contract(index: Int) {
        let executor = Self.executors[index]
        let jobs = 60
        struct State {
            var next = 0
            var calls: [Int: Int] = [:]
            var busy: Set<Int> = []
            var overlapped = false
            var finished = 0
            var workers: Set<Int> = []
        }
        let state = StateBox(State())
        executor.execute { worker in
            let job = state.update { state -> Int? in
                state.workers.insert(worker)
                guard state.next < jobs else { return nil }
                defer { state.next += 1 }
                return state.next
            }
            guard let job else { return nil }
            return {
                state.update { state in
                    state.overlapped = state.overlapped || !state.busy.insert(worker).inserted
                    state.calls[job, default: 0] += 1
                }
                Thread.sleep(forTimeInterval: 0.001)
                state.update { state in
                    state.busy.remove(worker)
                    state.finished += 1
                }
            }
        }
        let end = state.update { $0 }
        #expect(end.finished == jobs)
        #expect(end.calls.count == jobs && end.calls.values.allSatisfy { $0 == 1 })
        #expect(!end.overlapped)
        #expect(end.workers == Set(0..<executor.workers))
    }

    @Test("there is at least one worker")
    func workers() {
        #expect(DispatchExecutor(workers: 0).workers == 1)
        #expect(DispatchExecutor().workers >= 1)
    }
}

/// A value behind a lock.
private final class StateBox<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    @discardableResult
    func update<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
        value.withLock { value in body(&value) }
    }
}
