import Catalog
import Experiments
import Tasks
import Testing

/// The JSON Schema of a spec; Scripts/schema_check.py compares it with specs by an independent validator.
struct SpecSchemaTests {
    private let schema = SpecSchema.json()

    private func properties(_ path: String...) -> Set<String> {
        var value: JSONValue? = schema
        for key in path { value = value?[key] }
        return Set(value?["properties"]?.objectValue?.keys.map { $0 } ?? [])
    }

    @Test("every parameter of every component can be an axis, and a member of its section")
    func completeness() {
        let axes = properties("properties", "sweep")
        let vocabulary = SpecVocabulary.standard
        for (section, variants) in [
            ("task", vocabulary.tasks.map(\.description)), ("base", vocabulary.bases),
        ] {
            #expect(axes.contains(section))
            for parameter in variants.flatMap(\.parameters) { #expect(axes.contains("\(section).\(parameter.name)")) }
        }
        for (section, parameters) in [("flow", vocabulary.flow), ("training", vocabulary.training)] {
            for parameter in parameters { #expect(axes.contains("\(section).\(parameter.name)")) }
            #expect(properties("$defs", section) == Set(parameters.map(\.name)))
        }
        #expect(properties("properties", "evaluation") == Set(vocabulary.evaluation.map(\.name)))
        #expect(axes.contains("seeds"))
    }

    @Test("every reference leads somewhere")
    func references() {
        let definitions = schema["$defs"]?.objectValue ?? [:]
        var found = 0
        func visit(_ value: JSONValue) {
            if let target = value["$ref"]?.stringValue {
                found += 1
                #expect(definitions[String(target.dropFirst("#/$defs/".count))] != nil, "\(target)")
            }
            for element in value.arrayValue ?? [] { visit(element) }
            for member in (value.objectValue ?? [:]).values { visit(member) }
        }
        visit(schema)
        #expect(found > 100)
    }

    @Test("a spec may name its schema for editors, and the run ids are the same")
    func schemaKey() throws {
        func ids(_ first: String) throws -> [String] {
            let text = #"{\#(first)"name": "s", "task": "ring"}"#
            return try ExperimentSpec.read(bytes: Array(text.utf8), fileName: "s.json").plan.runs.map(
                \.configuration.id)
        }
        #expect(try ids(#""$schema": "x","#) == ids(""))
        #expect(throws: SpecDiagnostics.self) { try ids(#""$schema": 1,"#) }
    }
}
