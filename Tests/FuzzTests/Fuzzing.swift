import FlowMath
import TestSupport
import Testing

/// Runs a parser on `count` hostile inputs (times the scale); `isAccepted` parses, checks what must hold, and says whether
/// the input was taken. An input may cost a second of the processor at the most.
func fuzz(
    _ parser: String, count: Int, _ inputs: HostileInputs, _ isAccepted: (_ input: [UInt8]) throws -> Bool
) rethrows {
    var inputs = inputs
    var accepted = 0
    for _ in 0..<(count * FuzzScale.factor) {
        let input = inputs.next()
        let began = FuzzScale.seconds()
        if try isAccepted(input) { accepted += 1 }
        let seconds = FuzzScale.seconds() - began
        if seconds > 1 { Issue.record("\(parser): \(seconds) s for \(input.count) bytes: \(shown(input))") }
    }
    FuzzScale.report(parser, inputs: count * FuzzScale.factor, accepted: accepted)
    // A fuzz test that is always refused tries nothing behind the first check.
    #expect(accepted > count / 100, "\(accepted) of \(count * FuzzScale.factor) accepted")
}

/// An input as text for a failure.
func shown(_ input: [UInt8]) -> String { String(decoding: input.prefix(2000), as: UTF8.self) }

/// Hand-made: uniform choice.
extension RandomStream {
    mutating func element<Element>(of elements: [Element]) -> Element { elements[nextIndex(below: elements.count)] }

    /// True once in `count` times.
    mutating func happens(oneIn count: Int) -> Bool { nextIndex(below: count) == 0 }
}
