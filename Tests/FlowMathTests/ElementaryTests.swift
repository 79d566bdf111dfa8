import FlowMath
import Foundation
import Testing

/// Compared with the C library (glibc's functions are within 1 ulp), in units of the expected value's last place.
@Suite("Elementary functions")
struct ElementaryTests {
    private func errorInUlp(_ value: Double, _ expected: Double) -> Double {
        if value == expected || (value.isNaN && expected.isNaN) { return 0 }
        return abs(value - expected) / expected.ulp
    }

    private func largestError(
        _ ours: (Double) -> Double, _ theirs: (Double) -> Double, from lower: Double, to upper: Double
    ) -> Double {
        var stream = RandomStream(seed: 1, purpose: .reference)
        var largest = 0.0
        for _ in 0..<100_000 {
            let x = stream.nextUniform(lower, upper)
            largest = max(largest, errorInUlp(ours(x), theirs(x)))
        }
        return largest
    }

    @Test(arguments: [(-745.2, -708.0), (-708, 709.7), (-1, 1), (-1e-3, 1e-3)])
    func exponential(lower: Double, upper: Double) {
        #expect(largestError(Elementary.exp, Foundation.exp, from: lower, to: upper) <= 2)
    }

    @Test(arguments: [(0.0, 1e-300), (0, 1), (0.7, 1.5), (0.999, 1.001), (1, 1e6), (1e300, 1.7e308)])
    func logarithm(lower: Double, upper: Double) {
        #expect(largestError(Elementary.log, Foundation.log, from: lower, to: upper) <= 2)
    }

    @Test(arguments: [(-1.0, 1.0), (-1e-8, 1e-8), (-0.01, 0.01), (0, 1e10)])
    func logarithmOfOnePlus(lower: Double, upper: Double) {
        #expect(largestError(Elementary.logOnePlus, Foundation.log1p, from: lower, to: upper) <= 4)
    }

    @Test(arguments: [(-1e-10, 1e-10), (-0.5, 0.5), (-45, 45), (-2, 2)])
    func exponentialMinusOne(lower: Double, upper: Double) {
        #expect(largestError(Elementary.expMinusOne, Foundation.expm1, from: lower, to: upper) <= 3)
    }

    @Test(arguments: [(-0.07, 0.07), (-1, 1), (-30, 30), (-1e-9, 1e-9)])
    func hyperbolicTangent(lower: Double, upper: Double) {
        #expect(largestError(Elementary.tanh, Foundation.tanh, from: lower, to: upper) <= 4)
    }

    @Test(arguments: [(-3.2, 3.2), (-100, 100), (-5000, 5000), (-1e6, 1e6)])
    func sineAndCosineOfRadians(lower: Double, upper: Double) {
        #expect(largestError({ Elementary.sineCosine($0).sine }, Foundation.sin, from: lower, to: upper) <= 2)
        #expect(largestError({ Elementary.sineCosine($0).cosine }, Foundation.cos, from: lower, to: upper) <= 2)
    }

    @Test func sineNearMultiplesOfPi() {
        for n in 1...300 {
            let x = Double(n) * Double.pi
            // The exact value is of the order 1e−16·n: all of it is reduction.
            #expect(errorInUlp(Elementary.sineCosine(x).sine, Foundation.sin(x)) < 1e6)
            #expect(abs(Elementary.sineCosine(x).sine - Foundation.sin(x)) < 1e-24 * Double(n))
        }
    }

    @Test func sineAndCosineOfTurns() {
        // Within a quarter turn the angle 2πt is exact to one rounding, so libm's value is too.
        #expect(
            largestError(
                { Elementary.sineCosineOfTurns($0).sine }, { Foundation.sin(2 * .pi * $0) }, from: 0, to: 0.125)
                <= 3)
        for (turns, sine, cosine) in [(0.0, 0.0, 1.0), (0.25, 1, 0), (0.5, 0, -1), (0.75, -1, 0), (1, 0, 1)] {
            #expect(Elementary.sineCosineOfTurns(turns) == (sine, cosine))
            #expect(Elementary.sineCosineOfTurns(turns - 8) == (sine, cosine))
        }
        var stream = RandomStream(seed: 2, purpose: .reference)
        for _ in 0..<10_000 {
            let t = stream.nextUniform()
            let (s, c) = Elementary.sineCosineOfTurns(t)
            #expect(abs(s * s + c * c - 1) < 5e-16)
            #expect(abs(s - Foundation.sin(2 * .pi * t)) < 1e-15)
            #expect(abs(c - Foundation.cos(2 * .pi * t)) < 1e-15)
        }
        // Any double from 2^53 on is a whole number of turns.
        #expect(Elementary.sineCosineOfTurns(0x1p60 + 4096) == (0, 1))
        #expect(Elementary.sineCosineOfTurns(-.greatestFiniteMagnitude) == (0, 1))
    }

    @Test func edges() {
        #expect(Elementary.exp(0) == 1)
        #expect(Elementary.exp(.infinity) == .infinity)
        #expect(Elementary.exp(-.infinity) == 0)
        #expect(Elementary.exp(.nan).isNaN)
        #expect(Elementary.exp(709.78) == Foundation.exp(709.78))
        #expect(Elementary.exp(709.785) == .infinity)
        #expect(Elementary.exp(-745.13) == Double.leastNonzeroMagnitude)
        #expect(Elementary.exp(-745.14) == 0)
        #expect(Elementary.exp(1e300) == .infinity && Elementary.exp(-1e300) == 0)

        #expect(Elementary.log(1) == 0)
        #expect(Elementary.log(0) == -.infinity && Elementary.log(-0.0) == -.infinity)
        #expect(Elementary.log(-1).isNaN && Elementary.log(.nan).isNaN && Elementary.log(-.infinity).isNaN)
        #expect(Elementary.log(.infinity) == .infinity)
        #expect(errorInUlp(Elementary.log(.leastNonzeroMagnitude), Foundation.log(.leastNonzeroMagnitude)) <= 1)
        #expect(errorInUlp(Elementary.log(.greatestFiniteMagnitude), Foundation.log(.greatestFiniteMagnitude)) <= 1)

        #expect(Elementary.logOnePlus(-1) == -.infinity && Elementary.logOnePlus(-1.5).isNaN)
        #expect(Elementary.logOnePlus(.infinity) == .infinity && Elementary.logOnePlus(.nan).isNaN)
        #expect(
            Elementary.logOnePlus(Double.leastNonzeroMagnitude) == Double.leastNonzeroMagnitude
                && Elementary.logOnePlus(1e-20) == 1e-20)

        #expect(Elementary.expMinusOne(.infinity) == .infinity && Elementary.expMinusOne(-.infinity) == -1)
        #expect(Elementary.expMinusOne(.nan).isNaN && Elementary.expMinusOne(0) == 0)

        #expect(Elementary.tanh(.infinity) == 1 && Elementary.tanh(-.infinity) == -1)
        #expect(Elementary.tanh(.nan).isNaN && Elementary.tanh(1e-300) == 1e-300)

        for x in [Double.infinity, -.infinity, .nan] {
            #expect(Elementary.sineCosineOfTurns(x).sine.isNaN && Elementary.sineCosineOfTurns(x).cosine.isNaN)
            #expect(Elementary.sineCosine(x).sine.isNaN)
        }
        #expect(abs(Elementary.sineCosine(1e300).sine) <= 1)
    }
}
