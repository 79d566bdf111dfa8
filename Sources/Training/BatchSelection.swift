import FlowMath
import Flows

/// Fills optimiser batches from pools. Stateless between steps: batch s is a function of (pool, seed, s), so a resumed
/// run needs no generator state.
package enum BatchSelection {
    /// Systematic resampling (Kitagawa 1996): batch positions (u + i)/B in the cumulative weights with one uniform u,
    /// each drawn point with weight 1/B. Unbiased for the pool's weighted loss and never spends a slot on a draw of
    /// nil weight.
    package static func resample(
        _ pool: TrainingPool, size: Int, seed: UInt64, step: Int, into batch: inout WeightedBatch
    ) {
        var stream = RandomStream(seed: seed, purpose: .resampling, step: UInt32(truncatingIfNeeded: step))
        let offset =
            pool.ordering == .drawn ? stream.nextUniform() : Self.spreadOffset(seed: seed, step: step)
        let total = pool.cumulative[pool.activeCount - 1]
        let dimension = pool.dimension
        let weight = Float(1 / Double(size))
        batch.count = size
        pool.cumulative.withUnsafeBufferPointer { cumulative in
            pool.values.withUnsafeBufferPointer { values in
                for i in 0..<size {
                    let position = (Double(i) + offset) / Double(size)
                    let target = total * position
                    // The guide may be one slot ahead by rounding, so the search starts a slot earlier.
                    let slot = max(Int(position * Double(pool.guide.count)) &- 1, 0)
                    var index = Int(pool.guide[slot])
                    while index < cumulative.count &- 1 && cumulative[index] <= target { index &+= 1 }
                    for d in 0..<dimension {
                        batch.values.pointer[i &* dimension &+ d] = values[index &* dimension &+ d]
                    }
                    batch.weights.pointer[i] = weight
                }
            }
        }
    }

    /// The offset of step s for an ordered pool: u + s/φ modulo 1 with one uniform u. The steps' offsets then fill
    /// [0, 1) evenly, so that successive batches fall into each other's gaps; each of them is uniform.
    private static func spreadOffset(seed: UInt64, step: Int) -> Double {
        var stream = RandomStream(seed: seed, purpose: .resampling)
        let turn = UInt64(truncatingIfNeeded: step) &* 0x9E37_79B9_7F4A_7C15
        return Double((stream.nextBits() &+ turn) >> 11) * 0x1p-53
    }

    /// The literal method: slices of a random order of the raw draws, weights normalised inside the batch. A new order
    /// is drawn for every pass over the pool. Draws of less than `pruneBelow` times the batch's largest weight are left
    /// out, which changes the batch's loss by less than that share of it per draw left out; the weights kept are those of
    /// the whole batch. Returns false when every weight of the batch underflows.
    package static func slice(
        _ raw: RawDraws, order: PoolOrder, size: Int, pruneBelow: Double, into batch: inout WeightedBatch
    ) -> Bool {
        let dimension = raw.points.dimension
        let logWeights = (0..<size).map { raw.logWeights[order.index($0)] }
        let total = logSumExp(logWeights)
        guard total.isFinite, let largest = logWeights.max() else { return false }
        let threshold = pruneBelow > 0 ? largest + Elementary.log(pruneBelow) : -.infinity
        var count = 0
        for i in 0..<size where logWeights[i] >= threshold {
            let index = order.index(i)
            for d in 0..<dimension { batch.values.pointer[count &* dimension &+ d] = Float(raw.points[index, d]) }
            batch.weights.pointer[count] = Float(Elementary.exp(logWeights[i] - total))
            count += 1
        }
        batch.count = count
        return true
    }
}

/// One shuffled pass over a pool, kept so that it is not drawn again for every batch. Not state: it is a function of
/// (seed, round, pass).
package struct ShuffledPass {
    let round: Int
    let pass: Int
    let order: [Int]
}

/// Positions of one batch in the shuffled passes over a pool.
package struct PoolOrder {
    private let indices: [Int]

    /// Batch number `number` (0-based within the round) of `size` from a pool of `count` draws. `latest` is the pass
    /// used last and is replaced when another is needed.
    package init(count: Int, size: Int, number: Int, seed: UInt64, round: Int, latest: inout ShuffledPass?) {
        var result: [Int] = []
        var position = number * size
        while result.count < size {
            let pass = position / count
            if latest?.round != round || latest?.pass != pass {
                latest = ShuffledPass(
                    round: round, pass: pass, order: Self.shuffled(count, seed: seed, round: round, pass: pass))
            }
            let order = latest!.order
            let start = position % count
            let take = min(size - result.count, count - start)
            result += order[start..<(start + take)]
            position += take
        }
        indices = result
    }

    func index(_ i: Int) -> Int { indices[i] }

    /// Fisher–Yates.
    private static func shuffled(_ count: Int, seed: UInt64, round: Int, pass: Int) -> [Int] {
        var stream = RandomStream(
            seed: seed, purpose: .resampling, step: UInt32(truncatingIfNeeded: round),
            substream: 1 &+ UInt32(truncatingIfNeeded: pass))
        var order = Array(0..<count)
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, stream.nextIndex(below: i + 1)) }
        return order
    }
}
