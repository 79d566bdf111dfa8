import CFlowKernels

/// What a stream of random numbers is used for. Raw values are part of the reproducibility contract: never renumber.
public enum StreamPurpose: UInt32, Sendable, CaseIterable {
    case pool = 1
    case validation = 2
    case resampling = 3
    case flowInit = 4
    case baseInit = 5
    case latent = 6
    case reference = 7
    case floor = 8
    case projection = 9
    case permutation = 10
    case bootstrap = 11
    case normalizer = 12
    case classifier = 16
}

/// A counter-based stream of random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as
/// 1, 2, 3").
///
/// The 64-bit key is the seed; the 128-bit counter is (block, substream, step, purpose). A block yields 128 bits. The
/// block number's low 32 bits are counter word 0; its next 24 bits are the upper bits of word 3, of which a purpose uses
/// only the lowest 8: the period is 2^57 calls of ``nextBits()``, centuries. Streams that differ in seed, purpose, step
/// or substream never overlap, and position n of a stream does not depend on how numbers were asked for before, so a
/// resumed run re-derives its numbers instead of saving a generator's state.
public struct RandomStream: Sendable, Equatable {
    private let key: (UInt32, UInt32)
    private let counterHigh: (UInt32, UInt32, UInt32)
    var block: UInt64 = 0
    private var buffer: (UInt64, UInt64) = (0, 0)
    var hasSecond = false
    private var spareNormal = 0.0
    var hasSpareNormal = false

    /// A stream positioned at its start. `step` numbers the training step, round or repetition; `substream` separates
    /// uses of one purpose at one step.
    public init(seed: UInt64, purpose: StreamPurpose, step: UInt32 = 0, substream: UInt32 = 0) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        counterHigh = (substream, step, purpose.rawValue)
    }

    /// The same stream positioned at a block (two calls of ``nextBits()`` each), for jumping ahead.
    public func positioned(atBlock block: UInt64) -> RandomStream {
        var stream = RandomStream(key: key, counterHigh: counterHigh)
        stream.block = block
        return stream
    }

    /// The same seed, purpose and step with another substream, from its start.
    public func substream(_ substream: UInt32) -> RandomStream {
        RandomStream(key: key, counterHigh: (substream, counterHigh.1, counterHigh.2))
    }

    private init(key: (UInt32, UInt32), counterHigh: (UInt32, UInt32, UInt32)) {
        self.key = key
        self.counterHigh = counterHigh
    }

    /// The words that fix this stream: key, (substream, step, purpose).
    public var counterWords: (key: (UInt32, UInt32), high: (UInt32, UInt32, UInt32)) { (key, counterHigh) }

    /// What C kernels need to make this stream's blocks themselves.
    var kernelStream: flow_random_stream {
        flow_random_stream(
            key: key, substream: counterHigh.0, step: counterHigh.1, purpose: counterHigh.2)
    }

    /// The number of the first block of which nothing was used yet.
    package var nextBlock: UInt64 { block }

    /// Goes on at block `number`, whatever is left of the blocks before.
    package mutating func skip(toBlock number: UInt64) { self = positioned(atBlock: number) }

    /// 64 uniform bits.
    public mutating func nextBits() -> UInt64 {
        if hasSecond {
            hasSecond = false
            return buffer.1
        }
        let blockHigh = UInt32(truncatingIfNeeded: block >> 32) &<< 8
        let words = philox(
            counter: (UInt32(truncatingIfNeeded: block), counterHigh.0, counterHigh.1, counterHigh.2 | blockHigh),
            key: key)
        block &+= 1
        buffer = (UInt64(words.0) | UInt64(words.1) << 32, UInt64(words.2) | UInt64(words.3) << 32)
        hasSecond = true
        return buffer.0
    }

    /// Uniform on [0, 1), 53 bits.
    public mutating func nextUniform() -> Double {
        Double(nextBits() >> 11) * 0x1p-53
    }

    /// Uniform on [lower, upper).
    public mutating func nextUniform(_ lower: Double, _ upper: Double) -> Double {
        lower + (upper - lower) * nextUniform()
    }

    /// A whole number uniform on 0 ..< bound (bound ≥ 1), without modulo bias beyond 2^−64·bound.
    public mutating func nextIndex(below bound: Int) -> Int {
        Int(truncatingIfNeeded: nextBits().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A standard normal number (Box and Muller 1958; the pair's second number is kept for the next call).
    public mutating func nextNormal() -> Double {
        if hasSpareNormal {
            hasSpareNormal = false
            return spareNormal
        }
        // 1 − u lies in (0, 1], so the logarithm is finite.
        let radius = (-2 * Elementary.log(1 - nextUniform())).squareRoot()
        let (sine, cosine) = Elementary.sineCosineOfTurns(nextUniform())
        spareNormal = radius * sine
        hasSpareNormal = true
        return radius * cosine
    }

    /// Makes `normal` what the next call of ``nextNormal()`` gives.
    mutating func keepSpare(_ normal: Double) {
        spareNormal = normal
        hasSpareNormal = true
    }

    /// A standard exponential number.
    public mutating func nextExponential() -> Double {
        -Elementary.log(1 - nextUniform())
    }

    /// Equal when both are at the same position of the same stream.
    public static func == (left: RandomStream, right: RandomStream) -> Bool {
        left.key == right.key && left.counterHigh == right.counterHigh && left.block == right.block
            && left.hasSecond == right.hasSecond && left.hasSpareNormal == right.hasSpareNormal
    }
}

/// One block of Philox4x32-10.
@inline(__always)
package func philox(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
) -> (UInt32, UInt32, UInt32, UInt32) {
    var c = counter
    var k = key
    for _ in 0..<10 {
        let first = UInt64(0xD251_1F53) &* UInt64(c.0)
        let second = UInt64(0xCD9E_8D57) &* UInt64(c.2)
        c = (
            UInt32(truncatingIfNeeded: second >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: second),
            UInt32(truncatingIfNeeded: first >> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: first)
        )
        k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return c
}
