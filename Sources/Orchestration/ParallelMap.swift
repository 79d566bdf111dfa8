import Dispatch
import RunStorage
import Synchronization

/// The same small work on each of many elements, on all cores.
public enum ParallelMap {
    /// Fewer elements than this are not worth a thread.
    private static let leastPart = 2000

    /// What `transform` makes of consecutive parts of `elements`, one after the other. It is called on several threads at
    /// once, and must give one result per element, whatever the parts are. More parts per core even out a busy machine;
    /// one is right where each part has to learn something of its own. Where the system gives no thread, the caller does
    /// the work alone.
    public static func parts<Element: Sendable, Result: Sendable>(
        of elements: [Element], perCore: Int = 4, _ transform: @escaping @Sendable (ArraySlice<Element>) -> [Result]
    ) -> [Result] {
        let cores = ProcessorAffinity.usableCores().count
        let count = min(perCore * cores, elements.count / leastPart)
        guard count > 1 else { return transform(elements[...]) }
        var results = [[Result]](repeating: [], count: count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Each part writes its own element.
            nonisolated(unsafe) let buffer = buffer
            concurrently(count, threads: cores) { part in
                buffer[part] = transform(elements[elements.count * part / count..<elements.count * (part + 1) / count])
            }
        }
        var joined: [Result] = []
        joined.reserveCapacity(elements.count)
        for result in results { joined += result }
        return joined
    }

    /// Calls `body` with 0 ..< `count`, on as many threads as there are to be had, this one included. All calls have ended
    /// when this returns.
    private static func concurrently(_ count: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let next = NextPart()
        let work = { @Sendable in
            while let part = next.take(below: count) { body(part) }
        }
        let ended = DispatchSemaphore(value: 0)
        var started = 0
        for _ in 0..<min(threads, count) - 1 {
            let thread: Void? = try? SystemThread.start("flowexp.part") {
                work()
                ended.signal()
            }
            if thread == nil { break }
            started += 1
        }
        work()
        for _ in 0..<started { ended.wait() }
    }

    private final class NextPart: Sendable {
        private let next = Atomic(0)

        func take(below count: Int) -> Int? {
            let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
            return part < count ? part : nil
        }
    }
}
