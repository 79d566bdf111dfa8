import Dispatch

/// Seconds on a clock that never jumps.
public func monotonicSeconds() -> Double {
    Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
}
