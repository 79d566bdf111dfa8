import CFlowKernels
import FlowMath
import Flows

/// Settings of Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).
public struct AdamConfiguration: Sendable, Equatable {
    /// Decay of the first moment.
    public var beta1: Double
    /// Decay of the second moment.
    public var beta2: Double
    /// Added to the root of the second moment.
    public var epsilon = 1e-8
    /// Decay of conditioner weights per step, times the learning rate.
    public var weightDecay: Double

    /// Creates settings.
    public init(beta1: Double, beta2: Double, weightDecay: Double) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.weightDecay = weightDecay
    }
}

/// Adam's moments and its update of a flow's parameters. Flow and base are two groups with update counts and rates of
/// their own, because a mixture base is frozen at first.
public final class AdamUpdater {
    let configuration: AdamConfiguration
    let firstMoment: AlignedBuffer
    let secondMoment: AlignedBuffer
    var flowUpdates = 0
    var baseUpdates = 0

    /// Where trained tensors lie: plain numbers, so that a step copies no names and shapes.
    private let spans: [Span]

    private struct Span {
        var offset: Int
        var count: Int
        var isBase: Bool
        var decays: Bool
    }

    /// Moments at zero for parameters laid out as `layout`.
    public init(_ configuration: AdamConfiguration, layout: ParameterLayout) {
        self.configuration = configuration
        firstMoment = AlignedBuffer(count: layout.count)
        secondMoment = AlignedBuffer(count: layout.count)
        spans = layout.tensors.filter { $0.role == .flow || $0.role == .base }.map {
            Span(offset: $0.offset, count: $0.count, isBase: $0.role == .base, decays: $0.decays)
        }
    }

    /// Forgets all gradients.
    func reset() {
        firstMoment.clear()
        secondMoment.clear()
        flowUpdates = 0
        baseUpdates = 0
    }

    /// One update. `scale` multiplies the gradient (clipping); a `baseRate` of nil leaves the base untouched.
    public func update(
        _ parameters: AlignedBuffer, gradient: AlignedBuffer, scale: Double, flowRate: Double, baseRate: Double?,
        kernels: Kernels
    ) {
        flowUpdates += 1
        if baseRate != nil { baseUpdates += 1 }
        let elementwise = kernels.elementwise
        let flowCorrections = corrections(flowUpdates)
        let baseCorrections = baseRate == nil ? flowCorrections : corrections(baseUpdates)
        for span in spans {
            if span.isBase && baseRate == nil { continue }
            let rate = span.isBase ? baseRate ?? 0 : flowRate
            let corrections = span.isBase ? baseCorrections : flowCorrections
            elementwise.adam(
                parameters.pointer + span.offset, gradient.pointer + span.offset, firstMoment.pointer + span.offset,
                secondMoment.pointer + span.offset, span.count, Float(scale), Float(rate), Float(configuration.beta1),
                Float(configuration.beta2), corrections.first, corrections.second, Float(configuration.epsilon),
                span.decays ? Float(rate * configuration.weightDecay) : 0)
        }
    }

    private func corrections(_ updates: Int) -> (first: Float, second: Float) {
        (Float(correction(configuration.beta1, updates)), Float(correction(configuration.beta2, updates)))
    }

    /// 1 / (1 − β^t): undoes the moments' start at zero.
    private func correction(_ beta: Double, _ updates: Int) -> Double {
        beta == 0 ? 1 : 1 / (1 - Elementary.exp(Double(updates) * Elementary.log(beta)))
    }
}
