import ArgumentParser
import Catalog
import Experiments
import RunStorage

/// `flowexp store check`.
struct StoreCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read everything in the store, compare it with its hashes, and change nothing.",
        usage: "flowexp store check [--quick] [<options>]",
        discussion: """
            Examples:
              flowexp store check
              flowexp store check --quick      all but the contents of results' files
              flowexp store check --json

            One line for each thing found: what it is, where, and what to do. 'damage' means bytes that are not what was \
            written; 'leftover' what a crash or somebody left lying about; 'note' nothing wrong. It works when the \
            database cannot be opened, and while a sweep runs. The exit code is 65 when something is damaged, else 0.
            """)

    @Flag(help: "Compare the sizes of the results' files, not their contents.")
    var quick = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let check = try RunStore.check(
            at: try StoreLocation.checkedPath(store), quick: quick, identifies: RunConfiguration.identifies)
        try output.json ? JSONOutput.print(StoreMaintenanceText.json(check)) : printText(check)
        if !check.isSound { throw ExitCode(ExitStatus.badData.rawValue) }
    }

    private func printText(_ check: StoreCheck) throws {
        var lines = check.problems.map(StoreMaintenanceText.line)
        lines.append(StoreMaintenanceText.summary(check))
        try Output.data(lines.joined(separator: "\n"))
        if !check.isSound {
            Talk.say("See what would be mended: flowexp store repair --dry-run")
        } else if check.problems.contains(where: { $0.remedy.contains("store migrate") }) {
            Talk.say("Write what is missing: flowexp store migrate")
        } else {
            Talk.say("Compare with another store: flowexp store digest")
        }
    }
}
