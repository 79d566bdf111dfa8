/// A zero-initialised block of floats aligned to 64 bytes, freed with its owner.
///
/// The engine works on its raw pointer; whoever hands the pointer out keeps the buffer alive.
public final class AlignedBuffer: @unchecked Sendable {
    /// Number of floats, a multiple of 16.
    public let count: Int
    /// Its first float.
    public let pointer: UnsafeMutablePointer<Float>

    /// At least `count` floats, all 0.
    public init(count: Int) {
        self.count = AlignedBuffer.padded(max(count, 1))
        let raw = UnsafeMutableRawPointer.allocate(byteCount: self.count * 4, alignment: 64)
        pointer = raw.bindMemory(to: Float.self, capacity: self.count)
        pointer.initialize(repeating: 0, count: self.count)
    }

    deinit {
        UnsafeMutableRawPointer(pointer).deallocate()
    }

    /// `count` rounded up to whole vectors of 16.
    @inlinable public static func padded(_ count: Int) -> Int { (count + 15) & ~15 }

    /// All values set to 0.
    public func clear() {
        pointer.update(repeating: 0, count: count)
    }

    /// Copies all of `other`, which has the same count.
    public func copy(from other: AlignedBuffer) {
        precondition(other.count == count, "buffers must have the same size")
        pointer.update(from: other.pointer, count: count)
    }

    /// The values in `range` as an array.
    public func array(_ range: Range<Int>) -> [Float] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the buffer")
        return Array(UnsafeBufferPointer(start: pointer + range.lowerBound, count: range.count))
    }
}
