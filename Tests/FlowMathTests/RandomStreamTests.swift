import FlowMath
import Testing

@Suite("Random streams")
struct RandomStreamTests {
    /// Known answers of Philox4x32-10 from the Random123 distribution (Salmon et al. 2011), file kat_vectors.
    @Test(
        arguments: [
            ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            (
                [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ] as [([UInt32], [UInt32], [UInt32])])
    func philoxKnownAnswers(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
        let words = philox(counter: (counter[0], counter[1], counter[2], counter[3]), key: (key[0], key[1]))
        #expect([words.0, words.1, words.2, words.3] == expected)
    }

    @Test func streamFollowsTheDocumentedCounterLayout() {
        let seed: UInt64 = 0x0123_4567_89ab_cdef
        var stream = RandomStream(seed: seed, purpose: .reference, step: 5, substream: 9)
        for block in UInt32(0)..<4 {
            let words = philox(counter: (block, 9, 5, 7), key: (0x89ab_cdef, 0x0123_4567))
            #expect(stream.nextBits() == UInt64(words.0) | UInt64(words.1) << 32)
            #expect(stream.nextBits() == UInt64(words.2) | UInt64(words.3) << 32)
        }
        let (key, high) = stream.counterWords
        #expect(key == (0x89ab_cdef, 0x0123_4567))
        #expect(high == (9, 5, 7))
    }

    @Test func blockCounterCarriesInsteadOfWrapping() {
        let start = RandomStream(seed: 3, purpose: .pool, step: 1, substream: 2)
        var stream = start.positioned(atBlock: 0xffff_ffff)
        _ = stream.nextBits()
        _ = stream.nextBits()
        let words = philox(counter: (0, 2, 1, 1 | 1 << 8), key: (3, 0))
        let carried = stream.nextBits()
        #expect(carried == UInt64(words.0) | UInt64(words.1) << 32)
        var fresh = start
        #expect(carried != fresh.nextBits())
        // The free bits above the purpose are only free while every purpose fits 8 bits.
        #expect(StreamPurpose.allCases.allSatisfy { $0.rawValue < 256 })
    }

    @Test func positioningJumpsToTheSameNumbers() {
        var walked = RandomStream(seed: 11, purpose: .latent)
        for _ in 0..<20 { _ = walked.nextBits() }
        #expect(walked != RandomStream(seed: 11, purpose: .latent))
        var jumped = RandomStream(seed: 11, purpose: .latent).positioned(atBlock: 10)
        for _ in 0..<10 { #expect(walked.nextBits() == jumped.nextBits()) }
    }

    @Test func streamsThatDifferInOneKeyPartDiffer() {
        let base = RandomStream(seed: 1, purpose: .pool, step: 0, substream: 0)
        let others = [
            RandomStream(seed: 2, purpose: .pool), RandomStream(seed: 1 << 32 | 1, purpose: .pool),
            RandomStream(seed: 1, purpose: .validation), RandomStream(seed: 1, purpose: .pool, step: 1),
            RandomStream(seed: 1, purpose: .pool, substream: 1), base.substream(7),
        ]
        let firsts = ([base] + others).map { stream in
            var copy = stream
            return copy.nextBits()
        }
        #expect(Set(firsts).count == firsts.count)
        #expect(base.substream(0) == base)
    }

    @Test func uniformsFillTheUnitInterval() {
        var stream = RandomStream(seed: 42, purpose: .pool)
        let n = 200_000
        let bins = 100
        var counts = [Int](repeating: 0, count: bins)
        var previous = stream.nextUniform()
        var lagProduct = 0.0
        for _ in 0..<n {
            let u = stream.nextUniform()
            #expect(u >= 0 && u < 1)
            counts[Int(u * Double(bins))] += 1
            lagProduct += (u - 0.5) * (previous - 0.5)
            previous = u
        }
        let expected = Double(n) / Double(bins)
        let chiSquare = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        // 99 degrees of freedom: mean 99, sd 14.07; five standard deviations.
        #expect(chiSquare < 99 + 5 * 14.07 && chiSquare > 99 - 5 * 14.07)
        // Serial correlation of independent uniforms is N(0, 1/n).
        #expect(abs(lagProduct / Double(n) * 12) < 5 / Double(n).squareRoot())
    }

    @Test func normalsHaveTheMomentsAndTailsOfTheStandardNormal() {
        var stream = RandomStream(seed: 7, purpose: .latent)
        let n = 400_000
        var sums = [0.0, 0, 0, 0]
        var inside = [0, 0, 0]
        for _ in 0..<n {
            let z = stream.nextNormal()
            var power = 1.0
            for k in 0..<4 {
                power *= z
                sums[k] += power
            }
            for k in 0..<3 where abs(z) < Double(k + 1) { inside[k] += 1 }
        }
        let moments = sums.map { $0 / Double(n) }
        let root = Double(n).squareRoot()
        // Moments 0, 1, 0, 3 with standard deviations √1, √2, √15, √96.
        for (moment, (value, deviation)) in zip(moments, [(0.0, 1.0), (1, 1.4142), (0, 3.873), (3, 9.798)]) {
            #expect(abs(moment - value) < 5 * deviation / root)
        }
        for k in 0..<3 {
            let p = Elementary.normalMass(between: -Double(k + 1), and: Double(k + 1))
            #expect(abs(Double(inside[k]) / Double(n) - p) < 5 * (p * (1 - p)).squareRoot() / root)
        }
    }

    @Test func exponentialsAndIndicesHaveTheRightMeans() {
        var stream = RandomStream(seed: 7, purpose: .resampling)
        let n = 100_000
        var sum = 0.0
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<n {
            let e = stream.nextExponential()
            #expect(e >= 0 && e.isFinite)
            sum += e
            counts[stream.nextIndex(below: 7)] += 1
        }
        #expect(abs(sum / Double(n) - 1) < 5 / Double(n).squareRoot())
        let p = 1.0 / 7
        for count in counts {
            #expect(abs(Double(count) / Double(n) - p) < 5 * (p * (1 - p) / Double(n)).squareRoot())
        }
        #expect(stream.nextIndex(below: 1) == 0)
    }
}
