import Orchestration
import Testing

/// What is worked out on several threads is what one works out, in the same order.
@Suite struct ParallelMapTests {
    @Test(arguments: [0, 1, 1999, 2000, 4000, 4001, 50_000]) func partsAreTheWhole(count: Int) {
        let elements = Array(0..<count)
        for perCore in 1...5 {
            for _ in 0..<20 {
                #expect(
                    ParallelMap.parts(of: elements, perCore: perCore) { $0.map { 3 * $0 + 1 } }
                        == elements.map { 3 * $0 + 1 })
            }
        }
    }
}
