import FlowMath

/// Weighted least squares of points on centred contexts: the D × C matrix B, row-major, that minimises
/// Σ_i w_i ‖y_i − B c_i‖² + ε ‖B‖², ε a millionth of the contexts' variance so that collinear contexts do no harm.
func linearRegression(_ points: Points, on contexts: Points, weights: [Double]) -> [Double] {
    let (dimension, count) = (points.dimension, contexts.dimension)
    var moments = [Double](repeating: 0, count: count * count)
    var cross = [Double](repeating: 0, count: dimension * count)
    for i in 0..<points.count {
        for r in 0..<count {
            let weighted = weights[i] * contexts[i, r]
            for c in 0...r { moments[r &* count &+ c] += weighted * contexts[i, c] }
            for d in 0..<dimension { cross[d &* count &+ r] += weighted * points[i, d] }
        }
    }
    var trace = 0.0
    for r in 0..<count { trace += moments[r * count + r] }
    let ridge = max(1e-6 * trace / Double(count), 1e-300)
    for r in 0..<count {
        moments[r * count + r] += ridge
        for c in 0..<r { moments[c * count + r] = moments[r * count + c] }
    }
    // The whitening of the moments is the inverse Cholesky factor A with AᵀA = (CᵀC)⁻¹.
    let factor = TriangularWhitening(mean: [Double](repeating: 0, count: count), covariance: moments).factor
    var result = [Double](repeating: 0, count: dimension * count)
    for d in 0..<dimension {
        for r in 0..<count {
            var projection = 0.0
            for c in 0...r { projection += factor[r * count + c] * cross[d * count + c] }
            for c in 0...r { result[d * count + c] += factor[r * count + c] * projection }
        }
    }
    return result
}
