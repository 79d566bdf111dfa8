import Dispatch

/// The same small work on each of many elements, on all cores.
public enum ParallelMap {
    /// Fewer elements than this are not worth a thread.
    private static let leastPart = 2000

    /// What `transform` makes of consecutive parts of `elements`, one after the other. It is called on several threads at
    /// once, and must give one result per element, whatever the parts are. More parts per core even out a busy machine;
    /// one is right where each part has to learn something of its own.
    public static func parts<Element: Sendable, Result: Sendable>(
        of elements: [Element], perCore: Int = 4, _ transform: @Sendable (ArraySlice<Element>) -> [Result]
    ) -> [Result] {
        let count = min(perCore * ProcessorAffinity.usableCores().count, elements.count / leastPart)
        guard count > 1 else { return transform(elements[...]) }
        var results = [[Result]](repeating: [], count: count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Each iteration writes its own element.
            nonisolated(unsafe) let buffer = buffer
            DispatchQueue.concurrentPerform(iterations: count) { part in
                buffer[part] = transform(elements[elements.count * part / count..<elements.count * (part + 1) / count])
            }
        }
        var joined: [Result] = []
        joined.reserveCapacity(elements.count)
        for result in results { joined += result }
        return joined
    }
}
