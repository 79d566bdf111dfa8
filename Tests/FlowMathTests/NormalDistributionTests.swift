import FlowMath
import Foundation
import Testing

@Suite("Normal distribution and quadrature")
struct NormalDistributionTests {
    private func relativeError(_ value: Double, _ expected: Double) -> Double {
        value == expected ? 0 : abs(value - expected) / abs(expected)
    }

    @Test func errorFunctionsAgreeWithTheCLibrary() {
        var x = -6.0
        while x < 26 {
            #expect(relativeError(Elementary.errorFunction(x), Foundation.erf(x)) < 2e-15, "erf \(x)")
            #expect(relativeError(Elementary.complementaryErrorFunction(x), Foundation.erfc(x)) < 2e-15, "erfc \(x)")
            let t = x / 2.0.squareRoot()
            // The rounding of x/√2 is worth x²·2^−53 of the tail.
            let tolerance = 2e-15 + x * x * 3e-16
            #expect(relativeError(Elementary.normalCumulative(-x), 0.5 * Foundation.erfc(t)) < tolerance, "cdf \(-x)")
            x += 0.0137
        }
        #expect(Elementary.errorFunction(0) == 0 && Elementary.errorFunction(.infinity) == 1)
        #expect(Elementary.errorFunction(-.infinity) == -1 && Elementary.errorFunction(.nan).isNaN)
        #expect(Elementary.complementaryErrorFunction(.infinity) == 0)
        #expect(Elementary.complementaryErrorFunction(-.infinity) == 2)
        #expect(Elementary.normalCumulative(-.infinity) == 0 && Elementary.normalCumulative(.infinity) == 1)
    }

    /// Differences of `mpmath.ncdf` at 40 digits.
    @Test func massOfAnIntervalKeepsItsRelativeAccuracyInTheTails() {
        for (a, b, expected) in [
            (-1.0, 1.0, 0.682689492137085897), (8.0, 9.0, 6.219831985865830283e-16),
            (-9.0, -8.0, 6.219831985865830283e-16), (-0.1, 40.0, 0.539827837277028981),
        ] {
            #expect(relativeError(Elementary.normalMass(between: a, and: b), expected) < 1e-13)
        }
        #expect(Elementary.normalMass(between: -.infinity, and: .infinity) == 1)
    }

    /// `scipy.special.ndtri` (SciPy 1.17), and the inverse of the distribution function everywhere.
    @Test func quantiles() {
        for (p, expected) in [
            (1e-300, -37.0470962993612), (1e-20, -9.262340089798409), (1e-5, -4.264890793922825),
            (0.02, -2.053748910631823), (0.075, -1.4395314709384563), (0.3, -0.5244005127080409),
            (0.925, 1.4395314709384563), (0.9999, 3.719016485455709),
        ] {
            #expect(relativeError(Elementary.normalQuantile(p), expected) < 4e-15, "\(p)")
        }
        #expect(Elementary.normalQuantile(0.5) == 0)
        #expect(Elementary.normalQuantile(0) == -.infinity && Elementary.normalQuantile(1) == .infinity)
        #expect(Elementary.normalQuantile(-0.1).isNaN && Elementary.normalQuantile(1.1).isNaN)
        #expect(Elementary.normalQuantile(.nan).isNaN)
        var x = -8.0
        while x < 5 {
            #expect(abs(Elementary.normalQuantile(Elementary.normalCumulative(x)) - x) < 1e-9, "\(x)")
            x += 0.0173
        }
    }

    /// ∫ |x − c| over [0, 1] = (c² + (1−c)²)/2, and a step: integrands with a kink and a jump.
    @Test func adaptiveIntegralFindsKinks() {
        for c in [0.1, 1.0 / 3, 0.77] {
            let kink = GaussLegendre.integrateAdaptively(from: 0, to: 1, panels: 3, tolerance: 1e-14) { abs($0 - c) }
            #expect(abs(kink - 0.5 * (c * c + (1 - c) * (1 - c))) < 1e-12)
            let jump = GaussLegendre.integrateAdaptively(from: 0, to: 1, panels: 3, tolerance: 1e-14) { $0 < c ? 2 : 0 }
            #expect(abs(jump - 2 * c) < 1e-11)
        }
    }

    @Test func gaussLegendreIsExactForPolynomialsOfDegree31() {
        for degree in [0, 1, 7, 30, 31] {
            let integral = GaussLegendre.integrate(from: -1, to: 2, panels: 1) { Foundation.pow($0, Double(degree)) }
            let exact =
                (Foundation.pow(2, Double(degree + 1)) - Foundation.pow(-1, Double(degree + 1))) / Double(degree + 1)
            #expect(relativeError(integral, exact) < 1e-14)
        }
        let panels = GaussLegendre.integrate(from: 0, to: .pi, panels: 4, Foundation.sin)
        #expect(relativeError(panels, 2) < 1e-15)
    }

    @Test(arguments: [1.0, 1e-2, 1e-5, 1e-9])
    func fallingIntegralFindsPeaksOfAnyWidth(width: Double) {
        let f = { (x: Double) in Foundation.exp(-0.5 * (x - 1) * (x - 1) / (width * width)) }
        let exact = { (reach: Double) in
            width * (Double.pi / 2).squareRoot() * Foundation.erf(reach / width / 2.0.squareRoot())
        }
        // 1 − 1e−9·k is rounded to 1e−16, 1e−7 of the narrowest width.
        let tolerance = max(1e-13, 1e-16 / width)
        #expect(relativeError(GaussLegendre.integrateFalling(fromPeak: 1, to: 4, f), exact(3)) < tolerance)
        #expect(relativeError(GaussLegendre.integrateFalling(fromPeak: 1, to: -1, f), exact(2)) < tolerance)
    }
}
