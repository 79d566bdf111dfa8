import FlowMath
import Flows

// The box and the P L U map of the reference flow, from their formulas.
extension ReferenceFlow {
    /// L, U and the place of each row, from the tensors named after `name`.
    private func factors(_ name: String) -> (lower: [[Double]], upper: [[Double]], rows: [Int]) {
        let diagonal = zip(tensors["\(name).sign"]!, tensors["\(name).logDiagonal"]!).map { $0 * Elementary.exp($1) }
        let n = diagonal.count
        var lowerEntries = tensors["\(name).lower"]![...]
        var upperEntries = tensors["\(name).upper"]![...]
        var lower = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
        var upper = lower
        for r in 0..<n {
            for c in 0..<n {
                if c < r { lower[r][c] = lowerEntries.removeFirst() }
                if c > r { upper[r][c] = upperEntries.removeFirst() }
            }
            lower[r][r] = 1
            upper[r][r] = diagonal[r]
        }
        return (lower, upper, tensors["\(name).permutation"]!.map { Int($0) })
    }

    /// x = P (L (U z)).
    func triangularForward(_ name: String, _ x: inout [Double], _ logDet: inout Double) {
        let (lower, upper, rows) = factors(name)
        let u = upper.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
        let l = lower.map { row in zip(row, u).reduce(0) { $0 + $1.0 * $1.1 } }
        x = rows.map { l[$0] }
        logDet += tensors["\(name).logDiagonal"]!.reduce(0, +)
    }

    /// z = U⁻¹ (L⁻¹ (Pᵀ x)) by substitution.
    func triangularInverse(_ name: String, _ x: inout [Double], _ logDet: inout Double) {
        let (lower, upper, rows) = factors(name)
        var z = x
        for (r, row) in rows.enumerated() { z[row] = x[r] }
        for r in z.indices {
            for c in 0..<r { z[r] -= lower[r][c] * z[c] }
        }
        for r in z.indices.reversed() {
            for c in z.indices where c > r { z[r] -= upper[r][c] * z[c] }
            z[r] /= upper[r][r]
        }
        x = z
        logDet -= tensors["\(name).logDiagonal"]!.reduce(0, +)
    }

    /// y from θ inside the box.
    func boxInverse(_ x: inout [Double], _ logDet: inout Double) {
        guard let lower = tensors["box.lower"], let upper = tensors["box.upper"] else { return }
        for d in x.indices {
            let u = (x[d] - lower[d]) / (upper[d] - lower[d])
            if flow.configuration.box == .logit {
                x[d] = Elementary.log(u / (1 - u))
                logDet -= Elementary.log((upper[d] - lower[d]) * u * (1 - u))
            } else {
                // Bisection on the distribution function.
                var (low, high) = (-10.0, 10.0)
                for _ in 0..<80 {
                    let middle = 0.5 * (low + high)
                    if Elementary.normalCumulative(middle) < u { low = middle } else { high = middle }
                }
                x[d] = 0.5 * (low + high)
                logDet += 0.5 * x[d] * x[d] + Elementary.halfLogTwoPi - Elementary.log(upper[d] - lower[d])
            }
        }
    }

    /// θ from y.
    func boxForward(_ x: inout [Double], _ logDet: inout Double) {
        guard let lower = tensors["box.lower"], let upper = tensors["box.upper"] else { return }
        for d in x.indices {
            let side = upper[d] - lower[d]
            if flow.configuration.box == .logit {
                let u = 1 / (1 + Elementary.exp(-x[d]))
                logDet += Elementary.log(side * u * (1 - u))
                x[d] = lower[d] + side * u
            } else {
                logDet += Elementary.log(side) - 0.5 * x[d] * x[d] - Elementary.halfLogTwoPi
                x[d] = lower[d] + side * Elementary.normalCumulative(x[d])
            }
        }
    }
}
