import FlowMath
import Testing

@Suite("Gamma function") struct GammaFunctionTests {
    /// (x, log Γ(x), ψ(x)): `mpmath.loggamma` and `mpmath.digamma` at 30 digits, rounded to 17; `scipy.special.gammaln`
    /// and `digamma` (SciPy 1.17.1) agree to their last digit.
    private static let known: [(x: Double, logGamma: Double, digamma: Double)] = [
        (0.01, 4.5994798780420217, -100.56088545786867), (0.3, 1.0957979948180756, -3.5025242222001331),
        (0.5, 0.57236494292470009, -1.9635100260214235), (1, 0, -0.57721566490153286),
        (1.5, -0.12078223763524522, 0.036489973978576521), (2, 0, 0.42278433509846714),
        (2.5, 0.28468287047291916, 0.70315664064524319), (3.7, 1.4280723266653881, 1.1671535393615114),
        (9.99, 12.779315214350193, 2.2507003728312011), (10, 12.80182748008147, 2.2517525890667211),
        (25.5, 56.389167643719947, 3.2189424728839198), (400.25, 1996.0068651491281, 5.990839612456271),
        (1e5, 1051287.7089736569, 11.512920464961895), (1e12, 26631021115915.652, 27.631021115928048),
    ]

    @Test func agreesWithKnownValues() {
        for (x, logGamma, digamma) in Self.known {
            #expect(abs(Elementary.logGamma(x) - logGamma) <= 1e-14 * max(1, abs(logGamma)), "log Γ(\(x))")
            #expect(abs(Elementary.digamma(x) - digamma) <= 1e-14 * max(1, abs(digamma)), "ψ(\(x))")
        }
    }

    @Test func outsideTheirDomainTheyAreNotNumbers() {
        for x in [0.0, -0.5, -3, .nan, -Double.infinity] {
            #expect(Elementary.logGamma(x).isNaN && Elementary.digamma(x).isNaN)
        }
        #expect(Elementary.logGamma(.infinity) == .infinity && Elementary.digamma(.infinity) == .infinity)
    }

    @Test func digammaIsTheSlope() {
        for x in stride(from: 0.4, through: 60, by: 0.37) {
            let h = 1e-5 * x
            let slope = (Elementary.logGamma(x + h) - Elementary.logGamma(x - h)) / (2 * h)
            #expect(abs(slope - Elementary.digamma(x)) < 1e-8 * max(1, abs(slope)))
        }
    }
}
