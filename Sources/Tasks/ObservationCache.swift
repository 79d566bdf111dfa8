import Synchronization

/// What a task computes once for an x and then needs for every batch: the latest few, shared by all copies of the task.
///
/// Values must be pure functions of the observation, so it does not matter which thread computes one.
final class ObservationCache<Value: Sendable>: Sendable {
    private let limit = 32
    private let entries = Mutex<[(observation: [Double], value: Value)]>([])
    private let make: @Sendable ([Double]) -> Value

    init(_ make: @escaping @Sendable ([Double]) -> Value) { self.make = make }

    func value(at observation: [Double]) -> Value {
        if let known = entries.withLock({ $0.first { $0.observation == observation }?.value }) { return known }
        // Not under the lock: two threads may both compute it, and get the same.
        let value = make(observation)
        entries.withLock { entries in
            if entries.contains(where: { $0.observation == observation }) { return }
            if entries.count == limit { entries.removeFirst() }
            entries.append((observation, value))
        }
        return value
    }
}
