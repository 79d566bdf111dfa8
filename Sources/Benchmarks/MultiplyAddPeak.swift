import CFlowKernels
import FlowMath

/// This core's single-precision multiply-add peak with the chosen kernels, measured: 10⁹ operations per second.
public enum MultiplyAddPeak {
    /// Measured at the first use; the best of several short runs, because a peak is what the core can do undisturbed.
    public static let measured: Double = {
        let clock = ContinuousClock()
        let iterations = 2_000_000
        let chains = makeChains()
        var best = 0.0
        for _ in 0..<20 {
            let start = clock.now
            Kernels.current.table.pointee.peak.multiply_adds(chains.pointer, iterations)
            best = max(best, gigaflops(iterations) / ((clock.now - start) / .seconds(1)))
        }
        return best
    }()

    /// The same loop as a workload: how it scales over threads is the most that anything can on this machine.
    static let workload: Workload = {
        let iterations = 20_000_000
        return Workload(
            name: "multiply-add", summary: "control: the loop that measures the peak", unit: .seconds, amount: 1,
            gigaflops: gigaflops(iterations)
        ) {
            let chains = makeChains()
            return { Kernels.current.table.pointee.peak.multiply_adds(chains.pointer, iterations) }
        }
    }()

    /// Different numbers in every lane and chain that neither vanish nor overflow.
    private static func makeChains() -> AlignedBuffer {
        let chains = AlignedBuffer(count: 14 * 16)
        for i in 0..<(12 * 16) { chains.pointer[i] = 1 + Float(i) / 256 }
        for i in (12 * 16)..<(13 * 16) { chains.pointer[i] = 0.999999 }
        for i in (13 * 16)..<(14 * 16) { chains.pointer[i] = 1e-6 * Float(i) }
        return chains
    }

    /// 10⁹ operations of that many iterations: 12 chains of 16 lanes, a multiplication and an addition each.
    private static func gigaflops(_ iterations: Int) -> Double { Double(iterations) * 384 / 1e9 }
}
