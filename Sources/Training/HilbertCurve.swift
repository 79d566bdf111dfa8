import FlowMath

/// Orders points along a Hilbert curve through their bounding box: neighbours on the curve are neighbours in space.
package enum HilbertCurve {
    /// `indices` sorted by the place of their points on the curve; ties keep their order.
    package static func sorted(_ indices: [Int], of points: Points) -> [Int] {
        let dimension = points.dimension
        guard indices.count > 1 else { return indices }
        // Only the leading coordinates are used beyond 16 dimensions: a key has 64 bits.
        let used = min(dimension, 16)
        let bits = min(64 / used, 16)
        var lower = [Double](repeating: .infinity, count: used)
        var upper = [Double](repeating: -.infinity, count: used)
        for i in indices {
            for d in 0..<used {
                lower[d] = min(lower[d], points[i, d])
                upper[d] = max(upper[d], points[i, d])
            }
        }
        let cells = Double((1 << bits) - 1)
        let scales = (0..<used).map { upper[$0] > lower[$0] ? cells / (upper[$0] - lower[$0]) : 0 }
        var cell = [UInt32](repeating: 0, count: used)
        var keyed: [(key: UInt64, index: Int)] = []
        keyed.reserveCapacity(indices.count)
        for i in indices {
            for d in 0..<used { cell[d] = UInt32((points[i, d] - lower[d]) * scales[d]) }
            keyed.append((key(&cell, bits: bits), i))
        }
        keyed.sort { $0.key < $1.key || ($0.key == $1.key && $0.index < $1.index) }
        return keyed.map(\.index)
    }

    /// The place of a cell on the curve of order `bits` (Skilling 2004, Programming the Hilbert curve): the cell's
    /// coordinates become the transposed index, whose bits are then interleaved. Destroys `cell`.
    package static func key(_ cell: inout [UInt32], bits: Int) -> UInt64 {
        let last = cell.count - 1
        var q = UInt32(1) << UInt32(bits - 1)
        while q > 1 {
            let below = q - 1
            for d in 0...last {
                if cell[d] & q != 0 {
                    cell[0] ^= below
                } else {
                    let swap = (cell[0] ^ cell[d]) & below
                    cell[0] ^= swap
                    cell[d] ^= swap
                }
            }
            q >>= 1
        }
        if last > 0 { for d in 1...last { cell[d] ^= cell[d - 1] } }
        var parity: UInt32 = 0
        q = UInt32(1) << UInt32(bits - 1)
        while q > 1 {
            if cell[last] & q != 0 { parity ^= q - 1 }
            q >>= 1
        }
        var key: UInt64 = 0
        for b in stride(from: bits - 1, through: 0, by: -1) {
            for d in 0...last { key = key << 1 | UInt64((cell[d] ^ parity) >> UInt32(b) & 1) }
        }
        return key
    }
}
