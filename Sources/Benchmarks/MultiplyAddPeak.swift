import CFlowKernels
import FlowMath

/// This core's single-precision multiply-add peak with the chosen kernels, measured: 10⁹ operations per second.
public enum MultiplyAddPeak {
    /// Measured at the first use; the best of several short runs, because a peak is what the core can do undisturbed.
    public static let measured: Double = {
        let clock = ContinuousClock()
        let iterations = 2_000_000
        var best = 0.0
        var sink: Float = 0
        for _ in 0..<20 {
            let start = clock.now
            sink += Kernels.current.table.pointee.peak.multiply_adds(iterations)
            best = max(best, Double(iterations) * 384 / ((clock.now - start) / .seconds(1)) / 1e9)
        }
        return sink.isNaN ? 0 : best
    }()
}
