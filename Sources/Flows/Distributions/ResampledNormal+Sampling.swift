import CFlowKernels
import FlowMath

/// Exact truncated rejection, a tile of proposals at a time.
///
/// Attempt k of the stream's point i is made from blocks (i·T + k)·B … of the stream, B = ⌈D/2⌉ + 1: normals from all
/// but the last (two by Box and Muller's method from each), the uniform number that decides from the last. So a point
/// depends on the stream and its number only, whatever tiles its attempts pass through. Every pass of the network is a
/// full tile: where fewer points are left, each makes several attempts at once, of which the first accepted one counts.
extension ResampledNormal {
    private var blocksPerAttempt: Int { (dimension &+ 1) / 2 &+ 1 }

    /// Work lists of one tile, `width` entries each.
    private struct Slots {
        /// Points not yet drawn, and how many attempts each point has made.
        let pending: UnsafeMutablePointer<Int>
        let attempts: UnsafeMutablePointer<Int>
        /// The point and the attempt of each column of a tile of proposals.
        let point: UnsafeMutablePointer<Int>
        let attempt: UnsafeMutablePointer<Int>

        init(_ memory: UnsafeMutablePointer<Int>, width: Int) {
            pending = memory
            attempts = memory + width
            point = memory + 2 * width
            attempt = memory + 3 * width
        }
    }

    /// The next `count` points of the stream into a tile; its other columns repeat the first point.
    func sampleTile(
        _ context: TileContext, stream: inout RandomStream, count: Int, into tile: UnsafeMutablePointer<Float>
    ) {
        let width = context.width
        let start = stream.nextBlock
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 4 * width) { memory in
            let slots = Slots(memory.baseAddress!, width: width)
            for t in 0..<count { (slots.pending[t], slots.attempts[t]) = (t, 0) }
            var left = count
            while left > 0 {
                let filled = assign(slots, left: left, width: width)
                propose(context, slots, filled: filled, start: start, stream: stream)
                left = keepAccepted(context, slots, filled: filled, left: left, into: tile)
            }
        }
        for d in 0..<dimension {
            for t in count..<width { tile[d &* width &+ t] = tile[d &* width] }
        }
        stream.skip(toBlock: start &+ UInt64(count &* truncation &* blocksPerAttempt))
    }

    /// Shares the columns out among the `left` pending points, each point's next attempts side by side.
    private func assign(_ slots: Slots, left: Int, width: Int) -> Int {
        var filled = 0
        for p in 0..<left {
            let point = slots.pending[p]
            let first = slots.attempts[point]
            let share = width / left &+ (p < width % left ? 1 : 0)
            for k in first..<min(first &+ share, truncation) {
                (slots.point[filled], slots.attempt[filled]) = (point, k)
                filled &+= 1
            }
        }
        return filled
    }

    /// Draws the proposals of all columns, and their acceptance into the share's place on the tape. The deciding
    /// uniforms stay in `numbers`, behind the normals.
    private func propose(_ context: TileContext, _ slots: Slots, filled: Int, start: UInt64, stream: RandomStream) {
        let normalBlocks = blocksPerAttempt &- 1
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: context.width * blocksPerAttempt) { blocks in
            for s in 0..<filled {
                let first =
                    start &+ UInt64((slots.point[s] &* truncation &+ slots.attempt[s]) &* blocksPerAttempt)
                for b in 0..<normalBlocks { blocks[s &* normalBlocks &+ b] = first &+ UInt64(b) }
                blocks[filled &* normalBlocks &+ s] = first &+ UInt64(normalBlocks)
            }
            stream.fillUniforms(
                context.numbers, ofBlocks: blocks.baseAddress!, count: filled &* blocksPerAttempt)
        }
        context.random.normals_from_uniforms(context.numbers, filled &* normalBlocks)
        let draws = context.tape + drawsTape
        for d in 0..<dimension {
            for s in 0..<filled {
                draws[d &* context.width &+ s] = Float(context.numbers[2 &* s &* normalBlocks &+ d])
            }
        }
        network.forward(context, input: draws, output: context.tape + logitTape)
        context.bases.acceptance(context.tape + logitTape, context.tape + shareTape, nil, 0, context.width)
    }

    /// Writes accepted proposals, takes their points off the pending ones and returns how many are left.
    private func keepAccepted(
        _ context: TileContext, _ slots: Slots, filled: Int, left: Int, into tile: UnsafeMutablePointer<Float>
    ) -> Int {
        let width = context.width
        let deciding = context.numbers + 2 &* filled &* (blocksPerAttempt &- 1)
        let draws = context.tape + drawsTape
        let acceptance = context.tape + shareTape
        var remaining = 0
        var s = 0
        for p in 0..<left {
            let point = slots.pending[p]
            var isAccepted = false
            while s < filled && slots.point[s] == point {
                // The T-th attempt is always kept.
                let isKept =
                    deciding[2 &* s] < Double(acceptance[s]) || slots.attempt[s] == truncation &- 1
                if isKept && !isAccepted {
                    isAccepted = true
                    for d in 0..<dimension { tile[d &* width &+ point] = draws[d &* width &+ s] }
                }
                slots.attempts[point] = slots.attempt[s] &+ 1
                s &+= 1
            }
            if !isAccepted {
                slots.pending[remaining] = point
                remaining &+= 1
            }
        }
        return remaining
    }
}
