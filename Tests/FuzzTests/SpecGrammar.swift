import Catalog
import Experiments
import FlowMath
import Tasks

/// Random specs from the vocabulary's own tables: mostly good ones, values at the ends of what is allowed and beyond.
enum SpecGrammar {
    static func text(_ random: inout RandomStream) -> [UInt8] {
        let vocabulary = SpecVocabulary.standard
        var parts = ["\"name\": \(name(&random))"]
        if !random.happens(oneIn: 8) {
            parts.append("\"task\": \(component(vocabulary.tasks.map(\.description), &random))")
        }
        if random.happens(oneIn: 2) { parts.append("\"base\": \(component(vocabulary.bases, &random))") }
        if random.happens(oneIn: 3) { parts.append("\"flow\": \(section(vocabulary.flow, &random))") }
        if random.happens(oneIn: 3) { parts.append("\"training\": \(section(vocabulary.training, &random))") }
        if random.happens(oneIn: 4) { parts.append("\"evaluation\": \(section(vocabulary.evaluation, &random))") }
        if random.happens(oneIn: 2) {
            var axes = (0..<random.nextIndex(below: 3)).map { _ in axis(vocabulary, &random) }
            if random.happens(oneIn: 2) {
                axes.append("\"seeds\": \(random.element(of: ["1", "3", "[0, 7]", "0", "[]", "-1"]))")
            }
            parts.append("\"sweep\": {\(axes.joined(separator: ", "))}")
        }
        for key in ["zip", "exclude", "include"] where random.happens(oneIn: 8) {
            let cells = (0..<random.nextIndex(below: 3)).map { _ in
                "{" + (key == "zip" ? axis(vocabulary, &random) : "\"training.steps\": \(random.nextIndex(below: 4))")
                    + "}"
            }
            parts.append("\"\(key)\": [\(cells.joined(separator: ", "))]")
        }
        return Array(("{" + parts.joined(separator: random.element(of: [", ", ",\n  ", ", // c\n"])) + "}").utf8)
    }

    private static func name(_ random: inout RandomStream) -> String {
        random.element(of: ["\"a\"", "\"tiny\"", "\"a-b.c_1\"", "\"\"", "\"../x\"", "\"é\"", "3"])
    }

    private static func component(_ known: [ComponentDescription], _ random: inout RandomStream) -> String {
        let chosen = random.element(of: known)
        if random.happens(oneIn: 2) { return "\"\(chosen.name)\"" }
        let members = parameters(chosen.parameters, &random)
        return "{" + (["\"name\": \"\(chosen.name)\""] + members).joined(separator: ", ") + "}"
    }

    private static func section(_ known: [ParameterDescription], _ random: inout RandomStream) -> String {
        "{" + parameters(known, &random).joined(separator: ", ") + "}"
    }

    private static func parameters(_ known: [ParameterDescription], _ random: inout RandomStream) -> [String] {
        known.filter { _ in random.happens(oneIn: 5) }.map { "\"\($0.name)\": \(value($0.kind, &random))" }
    }

    private static func axis(_ vocabulary: SpecVocabulary, _ random: inout RandomStream) -> String {
        switch random.nextIndex(below: 4) {
        case 0: return list("task", (0..<2).map { _ in component(vocabulary.tasks.map(\.description), &random) })
        case 1: return list("base", (0..<2).map { _ in component(vocabulary.bases, &random) })
        case 2:
            let parameter = random.element(of: vocabulary.flow)
            return list("flow.\(parameter.name)", (0..<2).map { _ in value(parameter.kind, &random) })
        default:
            let parameter = random.element(of: vocabulary.training)
            return list("training.\(parameter.name)", (0..<2).map { _ in value(parameter.kind, &random) })
        }
    }

    private static func list(_ key: String, _ values: [String]) -> String {
        "\"\(key)\": [\(values.joined(separator: ", "))]"
    }

    static func value(_ kind: ParameterDescription.Kind, _ random: inout RandomStream) -> String {
        if random.happens(oneIn: 12) {
            return random.element(of: ["null", "\"x\"", "[]", "{}", "-1", "1e400", "true", "[[1]]"])
        }
        switch kind {
        case .boolean: return random.element(of: ["true", "false"])
        case .integer(let range):
            let small = range.lowerBound + random.nextIndex(below: min(9, range.count))
            return "\(random.element(of: [small, small, small, range.lowerBound, range.upperBound]))"
        case .number(let range, _):
            let middle = range.lowerBound + (range.upperBound - range.lowerBound) * random.nextUniform()
            return "\(random.element(of: [middle, range.upperBound, range.lowerBound, range.lowerBound.nextUp]))"
        case .choice(let names): return "\"\(random.element(of: names))\""
        case .list(let kind, let count):
            let length = count.lowerBound + random.nextIndex(below: min(3, count.count))
            return "[" + (0..<length).map { _ in value(kind, &random) }.joined(separator: ", ") + "]"
        case .anyOf(let kinds): return value(random.element(of: kinds), &random)
        }
    }
}
