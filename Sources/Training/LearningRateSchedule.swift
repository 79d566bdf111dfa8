import FlowMath

/// Learning rate by step: linear warm-up from 0, then cosine decay (Loshchilov and Hutter 2017, without restarts) or
/// constant.
public struct LearningRateSchedule: Sendable, Equatable {
    /// Shape after the warm-up.
    public var kind: ScheduleKind
    /// The highest rate.
    public var peak: Double
    /// Steps of linear rise.
    public var warmupSteps: Int
    /// Rate at the last step over the peak.
    public var finalFraction: Double
    /// Steps in all.
    public var steps: Int

    /// Creates a schedule.
    public init(kind: ScheduleKind, peak: Double, warmupSteps: Int, finalFraction: Double, steps: Int) {
        self.kind = kind
        self.peak = peak
        self.warmupSteps = warmupSteps
        self.finalFraction = finalFraction
        self.steps = steps
    }

    /// The rate of step `step`, 0-based.
    public func rate(atStep step: Int) -> Double {
        if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
        switch kind {
        case .constant: return peak
        case .cosine:
            let span = max(steps - 1 - warmupSteps, 1)
            let progress = min(Double(step - warmupSteps) / Double(span), 1)
            let cosine = Elementary.sineCosineOfTurns(0.5 * progress).cosine
            return peak * (finalFraction + (1 - finalFraction) * 0.5 * (1 + cosine))
        }
    }
}
