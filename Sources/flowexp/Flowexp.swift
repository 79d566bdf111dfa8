import ArgumentParser

@main
struct Flowexp: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "flowexp", abstract: "Does the topology of a flow's base matter?")
}
