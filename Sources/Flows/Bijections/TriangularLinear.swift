import CFlowKernels
import FlowMath

/// A trained invertible linear map between couplings, x = W z with W = P L U: P a fixed permutation, L unit lower
/// triangular, U upper triangular with diagonal ±e^{logDiagonal} of fixed signs, so that log |det W| = Σ logDiagonal
/// (Kingma and Dhariwal 2018, section 3.2).
///
/// W and V = W⁻¹ are made once per batch, in double precision. V's gradient is dL/dV = Σ_t g_t x_tᵀ with g = dL/dz; as
/// V = W⁻¹, dL/dW = −Σ_t (Vᵀ g_t) z_tᵀ, whose factors are the gradient that is passed on and the inverse's output.
struct TriangularLinear: Sendable {
    let dimension: Int
    /// Parameters: strictly lower and strictly upper entries by rows, log |U_dd|.
    let lowerOffset: Int
    let upperOffset: Int
    let logDiagonalOffset: Int
    /// Constants: row r of W is row `permutation[r]` of L U; the signs of U's diagonal.
    let permutationOffset: Int
    let signOffset: Int
    /// Prepared, D × D row-major: W, V, and in double precision L U's factors and scratch.
    let matrix: Int
    let inverseMatrix: Int
    let work: Int
    let valuesTape: Int
    let gradientLanes: Int
    /// Accumulators that the shared kernel fills and nothing reads.
    let unusedLanes: Int

    init(dimension: Int, name: String, plan: inout FlowPlan) {
        self.dimension = dimension
        let triangle = dimension * (dimension - 1) / 2
        lowerOffset = plan.layout.add("\(name).lower", [triangle], role: .flow)
        upperOffset = plan.layout.add("\(name).upper", [triangle], role: .flow)
        logDiagonalOffset = plan.layout.add("\(name).logDiagonal", [dimension], role: .flow)
        permutationOffset = plan.layout.add("\(name).permutation", [dimension], role: .constant)
        signOffset = plan.layout.add("\(name).sign", [dimension], role: .constant)
        matrix = plan.workspace.reservePrepared(dimension * dimension)
        inverseMatrix = plan.workspace.reservePrepared(dimension * dimension)
        // Two floats to a double; three matrices.
        work = plan.workspace.reservePrepared(3 * 2 * dimension * dimension)
        valuesTape = plan.workspace.reserveTape(rows: dimension)
        gradientLanes = plan.workspace.reserveLanes(dimension * dimension)
        unusedLanes = plan.workspace.reserveLanes(dimension)
        plan.workspace.scratchRows = max(plan.workspace.scratchRows, dimension)
    }

    /// L, U and room for one more D × D matrix of doubles.
    private func workspace(_ context: TileContext) -> (
        UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>
    ) {
        let start = UnsafeMutableRawPointer(context.prepared + work).assumingMemoryBound(to: Double.self)
        let count = dimension &* dimension
        return (start, start + count, start + 2 &* count)
    }

    private func unpack(
        _ context: TileContext, lower: UnsafeMutablePointer<Double>, upper: UnsafeMutablePointer<Double>
    ) {
        let n = dimension
        lower.update(repeating: 0, count: n &* n)
        upper.update(repeating: 0, count: n &* n)
        var (nextLower, nextUpper) = (lowerOffset, upperOffset)
        for r in 0..<n {
            for c in 0..<r {
                lower[r &* n &+ c] = Double(context.parameters[nextLower])
                nextLower &+= 1
            }
            lower[r &* n &+ r] = 1
            upper[r &* n &+ r] =
                Double(context.parameters[signOffset &+ r])
                * Elementary.exp(Double(context.parameters[logDiagonalOffset &+ r]))
            for c in (r &+ 1)..<max(n, r &+ 1) {
                upper[r &* n &+ c] = Double(context.parameters[nextUpper])
                nextUpper &+= 1
            }
        }
    }

    /// Once per batch; returns −Σ logDiagonal, what the inverse adds to every log-determinant.
    func prepare(_ context: TileContext) -> Double {
        let n = dimension
        let (lower, upper, column) = workspace(context)
        unpack(context, lower: lower, upper: upper)
        var logDet = 0.0
        for r in 0..<n {
            logDet -= Double(context.parameters[logDiagonalOffset &+ r])
            let source = Int(context.parameters[permutationOffset &+ r])
            for c in 0..<n {
                var sum = 0.0
                for k in 0...min(source, c) { sum += lower[source &* n &+ k] * upper[k &* n &+ c] }
                context.prepared[matrix &+ r &* n &+ c] = Float(sum)
            }
        }
        // Column c of V solves L U v = (unit vector of the row of L U that W's row c is).
        for c in 0..<n {
            let unit = Int(context.parameters[permutationOffset &+ c])
            for r in 0..<n {
                var sum = r == unit ? 1.0 : 0
                for k in 0..<r { sum -= lower[r &* n &+ k] * column[k] }
                column[r] = sum
            }
            for r in stride(from: n &- 1, through: 0, by: -1) {
                var sum = column[r]
                for k in (r &+ 1)..<max(n, r &+ 1) { sum -= upper[r &* n &+ k] * column[k] }
                column[r] = sum / upper[r &* n &+ r]
                context.prepared[inverseMatrix &+ r &* n &+ c] = Float(column[r])
            }
        }
        return logDet
    }

    func forward(_ context: TileContext, values: UnsafeMutablePointer<Float>) {
        context.dense.forward(
            context.prepared + matrix, nil, values, context.scratchA, dimension, dimension, context.width, 0)
        values.update(from: context.scratchA, count: dimension &* context.width)
    }

    func inverse(_ context: TileContext, values: UnsafeMutablePointer<Float>) {
        let output = context.tape + valuesTape
        context.dense.forward(
            context.prepared + inverseMatrix, nil, values, output, dimension, dimension, context.width, 0)
        values.update(from: output, count: dimension &* context.width)
    }

    func inverseBackward(_ context: TileContext, gradient: UnsafeMutablePointer<Float>) {
        context.dense.backward_input(
            context.prepared + inverseMatrix, dimension, gradient, context.scratchA, dimension, dimension,
            context.width, 0)
        gradient.update(from: context.scratchA, count: dimension &* context.width)
        context.dense.backward_weights_lanes(
            gradient, context.tape + valuesTape, context.lanes + gradientLanes, context.lanes + unusedLanes, dimension,
            dimension, context.width)
    }

    /// After a batch: from Σ (Vᵀ g) zᵀ to the gradients of L, U and the diagonal. With M = Pᵀ dL/dW:
    /// dL/dL = strictly lower part of M Uᵀ, dL/dU = upper part of Lᵀ M.
    func finishGradient(_ context: TileContext, upstreamTotal: Float) {
        let n = dimension
        let (lower, upper, m) = workspace(context)
        // prepare's factors are still there: the same parameters, the same batch. W's place holds the sums.
        let sums = context.prepared + matrix
        sums.update(repeating: 0, count: n &* n)
        context.dense.reduce_lanes(context.lanes + gradientLanes, sums, n &* n)
        for r in 0..<n {
            let source = Int(context.parameters[permutationOffset &+ r])
            for c in 0..<n { m[source &* n &+ c] = -Double(sums[r &* n &+ c]) }
        }
        var (nextLower, nextUpper) = (lowerOffset, upperOffset)
        for r in 0..<n {
            for c in 0..<r {
                var sum = 0.0
                for k in c..<n { sum += m[r &* n &+ k] * upper[c &* n &+ k] }
                context.gradient[nextLower] = Float(sum)
                nextLower &+= 1
            }
            for c in r..<n {
                var sum = 0.0
                for k in r..<n { sum += lower[k &* n &+ r] * m[k &* n &+ c] }
                if c == r {
                    context.gradient[logDiagonalOffset &+ r] = Float(sum * upper[r &* n &+ r]) - upstreamTotal
                } else {
                    context.gradient[nextUpper] = Float(sum)
                    nextUpper &+= 1
                }
            }
        }
    }
}

/// P L U = a given D × D matrix, by Gaussian elimination with partial pivoting; row-major.
struct TriangularFactors {
    /// Row r of the matrix is row `permutation[r]` of L U.
    var permutation: [Int]
    /// Strictly lower entries of L and strictly upper entries of U, by rows.
    var lower: [Double] = []
    var upper: [Double] = []
    var diagonal: [Double] = []

    /// Factors a matrix that is not singular.
    init(_ matrix: [Double], dimension n: Int) {
        var m = matrix
        var order = Array(0..<n)
        for c in 0..<n {
            let pivot = (c..<n).max { abs(m[$0 * n + c]) < abs(m[$1 * n + c]) }!
            if pivot != c {
                order.swapAt(c, pivot)
                for k in 0..<n { m.swapAt(c * n + k, pivot * n + k) }
            }
            for r in (c + 1)..<max(n, c + 1) {
                m[r * n + c] /= m[c * n + c]
                for k in (c + 1)..<n { m[r * n + k] -= m[r * n + c] * m[c * n + k] }
            }
        }
        // order[i] is the matrix's row that became row i of L U.
        permutation = [Int](repeating: 0, count: n)
        for (i, row) in order.enumerated() { permutation[row] = i }
        for r in 0..<n {
            lower += m[(r * n)..<(r * n + r)]
            diagonal.append(m[r * n + r])
            upper += m[(r * n + r + 1)..<((r + 1) * n)]
        }
    }
}
