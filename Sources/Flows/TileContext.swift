import CFlowKernels
import FlowMath

/// The number of points in a tile. Results do not depend on it (every reduction over points runs over 16 lanes in
/// order); 64 points keep a whole flow's tape in the second-level cache.
public let tileWidth = 64

/// What a layer needs to work on one tile: where parameters, prepared values, tape, gradients and scratch are.
///
/// All pointers come from one ``FlowWorkspace`` and one parameter buffer; they are valid for the call only. Offsets
/// that a layer adds were reserved by it when the flow was built.
struct TileContext {
    let dense: flow_dense_kernels
    let elementwise: flow_elementwise_kernels
    let bases: flow_bases_kernels
    let random: flow_random_kernels
    let box: flow_box_kernels
    let spline: flow_spline_kernels
    let width: Int
    let parameters: UnsafePointer<Float>
    /// Values derived from the parameters once per batch (transposed weights, exponentials).
    let prepared: UnsafeMutablePointer<Float>
    /// What the inverse pass leaves for its backward pass.
    let tape: UnsafeMutablePointer<Float>
    /// d loss / d parameter, laid out like the parameters.
    let gradient: UnsafeMutablePointer<Float>
    /// 16 partial sums per small gradient.
    let lanes: UnsafeMutablePointer<Float>
    /// Two feature-major blocks of `scratchRows` × width.
    let scratchA: UnsafeMutablePointer<Float>
    let scratchB: UnsafeMutablePointer<Float>
    /// A point-major block for transposed activations.
    let rows: UnsafeMutablePointer<Float>
    /// The standardised context of a conditional flow's points (contextDimension × width).
    let conditioning: UnsafeMutablePointer<Float>
    /// Double-precision numbers that a base draws for a tile's samples: the larger of dimension + 3 and
    /// 2 · dimension, × width.
    let numbers: UnsafeMutablePointer<Double>
}

/// Sizes that the layers of a flow reserve while it is built.
struct WorkspacePlan: Sendable, Equatable {
    var tape = 0
    var prepared = 0
    /// In accumulators of 16 floats.
    var lanes = 0
    var scratchRows = 1
    var rowStride = 16

    mutating func reserveTape(rows: Int) -> Int {
        defer { tape += rows * tileWidth }
        return tape
    }

    mutating func reservePrepared(_ count: Int) -> Int {
        defer { prepared += AlignedBuffer.padded(count) }
        return prepared
    }

    mutating func reserveLanes(_ count: Int) -> Int {
        defer { lanes += count }
        return lanes * 16
    }
}

/// A lanes accumulator that is reduced into the gradient after each batch.
struct LaneReduction: Sendable, Equatable {
    var lanesOffset: Int
    var gradientOffset: Int
    var count: Int
}

/// Collects parameters and workspace while the layers of a flow are laid out.
struct FlowPlan {
    /// Numbers per point that a conditional flow is given beside θ; 0 for an unconditional one.
    let contextDimension: Int
    var layout = ParameterLayout()
    var workspace = WorkspacePlan()
    var reductions: [LaneReduction] = []

    /// Reserves lane accumulators for a tensor whose gradient is their plain sum.
    mutating func reserveReducedLanes(count: Int, gradientOffset: Int) -> Int {
        let lanesOffset = workspace.reserveLanes(count)
        reductions.append(LaneReduction(lanesOffset: lanesOffset, gradientOffset: gradientOffset, count: count))
        return lanesOffset
    }
}
