import Experiments
import Testing

/// Mutated specs never trap the reader or the expansion; what is accepted has a resolved spec with the same runs.
@Suite struct SpecFuzzTests {
    private static let tokens = [
        "\"match\"", "\"gmm\"", "\"gaussian\"", "\"ring\"", "[]", "{}", "null", "-1", "1e9", "4", "2.5", "true",
        "[1, 2]", "\"base\"", "\"base.components\"", "\"task.modes\"", "\"seeds\"", "\"name\"", ",", ":", "]", "}",
        "[[1]]", "9223372036854775807", "\"\"", "\".\"", "\"task.\"", "\".modes\"", "\"given\"", "\"means\"",
    ]
    private static let text = """
        {"name": "f", "task": {"name": "ring", "modes": 4}, "base": {"name": "gmm", "init": "em"},
         "flow": {"hiddenSizes": [8]}, "evaluation": {"samples": 100}, "zip": [{"training.steps": [1, 2], "training.batch": [3, 4]}],
         "sweep": {"base": ["gaussian", {"name": "gmm", "components": "match"}], "flow.couplingLayers": [1, 2], "seeds": 2},
         "exclude": [{"base.components": 2, "task": "unequal"}], "include": [{"task": "two-moons", "base": "student-t"}]}
        """

    @Test(arguments: 0..<4)
    func mutatedSpecs(part: UInt64) throws {
        var random = SplitMix(state: 99 + part)
        // Pieces between punctuation are exchanged, dropped and doubled, so that many results are still JSON.
        let pieces = Self.pieces(of: Self.text)
        var accepted = 0
        for _ in 0..<1_000 {
            var mutated = pieces
            for _ in 0...random.below(3) {
                let place = random.below(mutated.count)
                switch random.below(4) {
                case 0: mutated[place] = Self.tokens[random.below(Self.tokens.count)]
                case 1: mutated[place] = mutated[random.below(mutated.count)]
                case 2: mutated.swapAt(place, random.below(mutated.count))
                default: mutated.remove(at: place)
                }
            }
            let text = mutated.joined()
            let diagnostics = SpecTest.diagnostics(text)
            #expect(!diagnostics.render().isEmpty || diagnostics.diagnostics.isEmpty)
            if diagnostics.errors.isEmpty {
                accepted += 1
                let plan = try SpecTest.plan(text)
                let again = try SpecTest.plan(plan.resolvedSpec)
                #expect(again.runs.map(\.id) == plan.runs.map(\.id), "\(text)")
            }
        }
        #expect(accepted > 20)
    }

    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var isInString = false
        for character in text {
            if isInString || character.isLetter || character.isNumber, !pieces.isEmpty, let last = pieces.last,
                isInString || last.last?.isNumber == true
            {
                pieces[pieces.count - 1].append(character)
            } else {
                pieces.append(String(character))
            }
            if character == "\"" { isInString.toggle() }
        }
        return pieces
    }
}
