import FlowMath

/// Weighted k-means with greedy k-means++ seeding: each new centre is the best of a few candidates drawn with
/// probability proportional to weight × squared distance (Arthur and Vassilvitskii 2007, section 3 and its remark on
/// greedy seeding).
struct KMeans {
    let components: Int
    let candidates = 4
    let iterations = 20

    /// Centres (K × D, flat) and weighted inertia Σ w ‖x − nearest centre‖².
    func run(_ draws: ActiveDraws, stream: inout RandomStream) -> (centres: [Double], inertia: Double) {
        var centres = seed(draws, stream: &stream)
        var inertia = Double.infinity
        for _ in 0..<iterations {
            let (next, value) = lloyd(draws, centres: centres)
            centres = next
            if !(value < inertia * (1 - 1e-9)) {
                inertia = min(value, inertia)
                break
            }
            inertia = value
        }
        return (centres, inertia)
    }

    /// 1 for the nearest centre, 0 for the others.
    func assignmentShares(_ draws: ActiveDraws, centres: [Double]) -> [Double] {
        var shares = [Double](repeating: 0, count: draws.count * components)
        for i in 0..<draws.count { shares[i * components + nearest(draws, i, centres).index] = 1 }
        return shares
    }

    private func seed(_ draws: ActiveDraws, stream: inout RandomStream) -> [Double] {
        let dimension = draws.dimension
        var centres: [Double] = []
        var distances = [Double](repeating: 1, count: draws.count)
        for k in 0..<components {
            var best: (index: Int, distances: [Double], inertia: Double)?
            for _ in 0..<(k == 0 ? 1 : candidates) {
                let index = draw(draws, distances: distances, stream: &stream)
                var updated = distances
                var inertia = 0.0
                for i in 0..<draws.count {
                    let distance = squaredDistance(draws, i, draws.values, index)
                    updated[i] = k == 0 ? distance : min(distances[i], distance)
                    inertia += draws.weights[i] * updated[i]
                }
                if best == nil || inertia < best!.inertia { best = (index, updated, inertia) }
            }
            let chosen = best!
            distances = chosen.distances
            centres += draws.values[(chosen.index * dimension)..<((chosen.index + 1) * dimension)]
        }
        return centres
    }

    /// An index with probability ∝ weight × distance; falls back to the weights when all distances are 0.
    private func draw(_ draws: ActiveDraws, distances: [Double], stream: inout RandomStream) -> Int {
        var total = 0.0
        for i in 0..<draws.count { total += draws.weights[i] * distances[i] }
        let useDistances = total > 0
        var remaining = stream.nextUniform() * (useDistances ? total : 1)
        for i in 0..<draws.count {
            remaining -= draws.weights[i] * (useDistances ? distances[i] : 1)
            if remaining < 0 { return i }
        }
        return draws.count - 1
    }

    private func lloyd(_ draws: ActiveDraws, centres: [Double]) -> (centres: [Double], inertia: Double) {
        let dimension = draws.dimension
        var sums = [Double](repeating: 0, count: components * dimension)
        var masses = [Double](repeating: 0, count: components)
        var inertia = 0.0
        for i in 0..<draws.count {
            let (k, distance) = nearest(draws, i, centres)
            inertia += draws.weights[i] * distance
            masses[k] += draws.weights[i]
            for d in 0..<dimension { sums[k &* dimension &+ d] += draws.weights[i] * draws.values[i &* dimension &+ d] }
        }
        var next = centres
        for k in 0..<components where masses[k] > 0 {
            for d in 0..<dimension { next[k * dimension + d] = sums[k * dimension + d] / masses[k] }
        }
        return (next, inertia)
    }

    private func nearest(_ draws: ActiveDraws, _ i: Int, _ centres: [Double]) -> (index: Int, distance: Double) {
        var best = (index: 0, distance: Double.infinity)
        for k in 0..<components {
            let distance = squaredDistance(draws, i, centres, k)
            if distance < best.distance { best = (k, distance) }
        }
        return best
    }

    @inline(__always)
    private func squaredDistance(_ draws: ActiveDraws, _ i: Int, _ others: [Double], _ j: Int) -> Double {
        var sum = 0.0
        for d in 0..<draws.dimension {
            let difference = draws.values[i &* draws.dimension &+ d] - others[j &* draws.dimension &+ d]
            sum += difference * difference
        }
        return sum
    }
}
