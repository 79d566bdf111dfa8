import ArgumentParser
import Catalog
import Experiments

/// `flowexp schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of a spec, for editors that complete and check it.",
        discussion: """
            Examples:
              flowexp schema > flowexp.schema.json
              then in the spec: "$schema": "./flowexp.schema.json"

            The schema is draft 2020-12. Specs may have comments and trailing commas, so tell the editor that the file is \
            JSON with comments (jsonc). flowexp validate checks more than a schema can say.
            """)

    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        try Output.data(SpecSchema.json().prettyText)
        Talk.say("Put it beside a spec and name it there: \"$schema\": \"./flowexp.schema.json\"")
    }
}
