import FlowMath
import Tasks

/// Which mode a point belongs to, and whether it lies between modes.
struct BasinGeometry: Sendable, Equatable {
    /// Row-major centres; empty for circles.
    let centres: [Double]
    /// Radii of concentric circles; empty for centres.
    let radii: [Double]
    let betweenBelow: Double
    let dimension: Int
    /// Whether the space between basins has a meaning: not between overlapping components.
    let hasBetween: Bool
    /// The number of basins, ≥ 1.
    let count: Int

    /// Nil when the task knows no modes at the observation.
    init?(task: any InferenceTask, observation: [Double]) {
        dimension = task.dimension
        hasBetween = task.modeGeometry != .components
        switch task.modeGeometry {
        case .radii(let values, let below):
            guard !values.isEmpty else { return nil }
            radii = values
            centres = []
            betweenBelow = below
            count = values.count
        case .centres, .components:
            let modes = task.modes(observation: observation)
            let dimension = task.dimension
            guard !modes.isEmpty, modes.allSatisfy({ $0.centre.count == dimension }) else { return nil }
            centres = modes.flatMap(\.centre)
            radii = []
            betweenBelow = 0
            count = modes.count
        }
    }

    /// A point of each basin, for seeding a search: the centre, or a point of the circle.
    var seeds: [[Double]] {
        if !radii.isEmpty {
            return radii.map { radius in
                var seed = [Double](repeating: 0, count: dimension)
                seed[0] = radius
                return seed
            }
        }
        return (0..<count).map { k in Array(centres[(k * dimension)..<((k + 1) * dimension)]) }
    }

    /// The basin (nearest centre or radius; the first among equals) of each point.
    func basins(of points: Points) -> [Int32] {
        (0..<points.count).map { Int32(basin(of: points, $0)) }
    }

    func basin(of points: Points, _ i: Int) -> Int {
        if !radii.isEmpty {
            let norm = self.norm(points, i)
            var best = 0
            for k in 1..<max(count, 1) where abs(norm - radii[k]) < abs(norm - radii[best]) { best = k }
            return best
        }
        var best = 0
        var least = Double.infinity
        for k in 0..<count {
            var square = 0.0
            for d in 0..<dimension {
                let difference = points.values[i &* dimension &+ d] - centres[k &* dimension &+ d]
                square += difference * difference
            }
            if square < least {
                least = square
                best = k
            }
        }
        return best
    }

    /// Whether point i, known to lie outside the HPD region, is between modes: for centres, when with c₁ its nearest
    /// centre some c_k has t = (Y−c₁)·(c_k−c₁)/‖c_k−c₁‖² in (0, 1) and the distance of Y to that segment is at most
    /// ½‖c_k−c₁‖; for circles, when its radius is below a bound; for overlapping components, never.
    func isBetween(_ points: Points, _ i: Int) -> Bool {
        if !radii.isEmpty { return norm(points, i) < betweenBelow }
        guard hasBetween else { return false }
        let own = basin(of: points, i)
        for k in 0..<count where k != own {
            var along = 0.0
            var length = 0.0
            var square = 0.0
            for d in 0..<dimension {
                let origin = centres[own &* dimension &+ d]
                let offset = points.values[i &* dimension &+ d] - origin
                let axis = centres[k &* dimension &+ d] - origin
                along += offset * axis
                length += axis * axis
                square += offset * offset
            }
            guard length > 0 else { continue }
            let t = along / length
            if t > 0 && t < 1 && square - t * along <= 0.25 * length { return true }
        }
        return false
    }

    private func norm(_ points: Points, _ i: Int) -> Double {
        var square = 0.0
        for d in 0..<dimension {
            let value = points.values[i &* dimension &+ d]
            square += value * value
        }
        return square.squareRoot()
    }
}
