import FlowMath
import Testing

/// The vector kernels give the bits of the scalar functions, in every instruction set.
@Suite struct VectorKernelTests {
    private static let tables = ["avx512", "avx2", "portable"].compactMap { Kernels.named($0) }

    @Test func filledNumbersAreTheSingleOnes() {
        #expect(!Self.tables.isEmpty)
        var asked = 0
        for kernels in Self.tables {
            var choice = RandomStream(seed: 11, purpose: .bootstrap)
            for seed in [0, 1, 0xDEAD_BEEF_0123_4567, UInt64.max] {
                for purpose in StreamPurpose.allCases {
                    let start = RandomStream(
                        seed: seed, purpose: purpose, step: UInt32(choice.nextIndex(below: 1 << 20)),
                        substream: UInt32(choice.nextIndex(below: 1 << 20)))
                    // The start, a random place, and where the block number outgrows 32 bits.
                    for block in [0, choice.nextBits() >> 10, 0xFFFF_FFFA] {
                        var single = start.positioned(atBlock: block)
                        var filled = single
                        for _ in 0..<12 {
                            let count = choice.nextIndex(below: 40)
                            let (mine, theirs): ([Double], [Double])
                            switch choice.nextIndex(below: 3) {
                            case 0:
                                mine = fill(count) { filled.fillUniforms($0, count: count, kernels: kernels) }
                                theirs = (0..<count).map { _ in single.nextUniform() }
                            case 1:
                                mine = fill(count) { filled.fillNormals($0, count: count, kernels: kernels) }
                                theirs = (0..<count).map { _ in single.nextNormal() }
                            default:
                                mine = [filled.nextNormal()]
                                theirs = [single.nextNormal()]
                            }
                            asked += count
                            #expect(mine.map(\.bitPattern) == theirs.map(\.bitPattern))
                            #expect(filled == single)
                        }
                    }
                }
            }
        }
        #expect(asked > 10_000)
    }

    @Test func numbersOfGivenBlocksAreThoseOfTheBlocks() {
        let stream = RandomStream(seed: 11, purpose: .latent, step: 5)
        let blocks: [UInt64] = [7, 0, 3, 3, 0xFFFF_FFFF, 0x1_0000_0000, 12, 1 << 55, 2, 1, 99]
        for kernels in Self.tables {
            for count in 0...blocks.count {
                var mine = [Double](repeating: -1, count: 2 * blocks.count + 1)
                stream.fillUniforms(&mine, ofBlocks: blocks, count: count, kernels: kernels)
                for (i, block) in blocks.prefix(count).enumerated() {
                    var single = stream.positioned(atBlock: block)
                    #expect(mine[2 * i] == single.nextUniform() && mine[2 * i + 1] == single.nextUniform())
                }
                #expect(mine[(2 * count)...].allSatisfy { $0 == -1 }, "nothing is written past the end")
            }
        }
    }

    @Test(arguments: 0..<6)
    func uniformsAndNormalsInTurnsAreTheSingleOnes(normalsPerPoint: Int) {
        for kernels in Self.tables {
            var single = RandomStream(seed: 8, purpose: .latent)
            var filled = single
            // Odd counts leave a spare normal or an odd word behind, which the next stretch must begin with.
            for count in [64, 1, 63, 0, 2, 64, 5] {
                var uniforms = [Double](repeating: 0, count: count + 1)
                var normals = [Double](repeating: 0, count: count * (normalsPerPoint + 1) + 1)
                filled.fillUniformsAndNormals(
                    &uniforms, &normals, count: count, normalsPerPoint: normalsPerPoint, kernels: kernels)
                for t in 0..<count {
                    #expect(uniforms[t] == single.nextUniform())
                    for d in 0..<normalsPerPoint {
                        #expect(normals[t * normalsPerPoint + d] == single.nextNormal())
                    }
                }
                #expect(filled == single)
            }
        }
    }

    @Test func longStretchesAreTheSingleNumbers() {
        for kernels in Self.tables {
            var single = RandomStream(seed: 5, purpose: .latent, step: 3)
            var filled = single
            for count in [100_001, 2 * 512, 2 * 512 + 3] {
                let mine = fill(count) { filled.fillNormals($0, count: count, kernels: kernels) }
                #expect(mine == (0..<count).map { _ in single.nextNormal() })
            }
        }
        var stream = RandomStream(seed: 5, purpose: .latent, step: 3)
        var other = stream
        #expect(stream.normals(7) == (0..<7).map { _ in other.nextNormal() })
        #expect(stream.uniforms(7) == (0..<7).map { _ in other.nextUniform() })
        #expect(stream.normals(0).isEmpty && stream == other)
    }

    /// Random bit patterns (every exponent, both signs, infinities, NaNs), typical arguments and the edges.
    private static let arguments: [Double] = {
        var stream = RandomStream(seed: 3, purpose: .reference)
        var values: [Double] = [
            0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
            .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 709.78, 709.785, 709.79, 709.8,
            -745.13, -745.14, -745.2, -745.3, -708, -709.5, 1.4142135623730951, 1.4142135623730949, 0x1p-53, 0x1p-54,
            -0x1p-53, 0x1p52, 0x1p60,
        ]
        values += (0..<30_000).map { _ in Double(bitPattern: stream.nextBits()) }
        for scale in [1e-12, 1e-3, 1, 30, 400, 800] {
            values += (0..<5001).map { _ in scale * stream.nextNormal() }
        }
        return values
    }()

    @Test func arrayFunctionsAreTheScalarOnes() {
        let arguments = Self.arguments
        let functions: [(String, (Double) -> Double, (inout [Double], Kernels) -> Void)] = [
            ("exp", { Elementary.exp($0) }, { Elementary.exp(&$0, kernels: $1) }),
            ("log", { Elementary.log($0) }, { Elementary.log(&$0, kernels: $1) }),
            ("logOnePlus", { Elementary.logOnePlus($0) }, { Elementary.logOnePlus(&$0, kernels: $1) }),
        ]
        for kernels in Self.tables {
            for (name, single, many) in functions {
                var values = arguments
                many(&values, kernels)
                let wrong = arguments.indices.filter { i in
                    let expected = single(arguments[i])
                    return expected.isNaN ? !values[i].isNaN : values[i].bitPattern != expected.bitPattern
                }
                #expect(
                    wrong.isEmpty,
                    "\(kernels.instructionSet) \(name): \(wrong.count) differ, first at \(wrong.first.map { arguments[$0] } ?? 0)"
                )
                for count in 0..<9 {
                    var few = Array(arguments[0..<count])
                    many(&few, kernels)
                    #expect(few.map(\.bitPattern) == values[0..<count].map(\.bitPattern))
                }
            }
        }
    }

    private func fill(_ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
        [Double](unsafeUninitializedCapacity: max(count, 1)) { buffer, initialized in
            body(buffer.baseAddress!)
            initialized = count
        }
    }
}
