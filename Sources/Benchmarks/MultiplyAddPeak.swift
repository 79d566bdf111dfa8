import CFlowKernels
import FlowMath

/// This core's single-precision multiply-add peak with the chosen kernels, measured: 10⁹ operations per second.
public enum MultiplyAddPeak {
    /// Measured at the first use; the best of several short runs, because a peak is what the core can do undisturbed.
    public static let measured: Double = {
        let clock = ContinuousClock()
        let iterations = 2_000_000
        // Different numbers in every lane and chain that neither vanish nor overflow.
        let chains = AlignedBuffer(count: 14 * 16)
        for i in 0..<(12 * 16) { chains.pointer[i] = 1 + Float(i) / 256 }
        for i in (12 * 16)..<(13 * 16) { chains.pointer[i] = 0.999999 }
        for i in (13 * 16)..<(14 * 16) { chains.pointer[i] = 1e-6 * Float(i) }
        var best = 0.0
        for _ in 0..<20 {
            let start = clock.now
            Kernels.current.table.pointee.peak.multiply_adds(chains.pointer, iterations)
            best = max(best, Double(iterations) * 384 / ((clock.now - start) / .seconds(1)) / 1e9)
        }
        return best
    }()
}
