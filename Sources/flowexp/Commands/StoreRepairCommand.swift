import ArgumentParser
import Catalog
import Experiments
import RunStorage

/// `flowexp store repair`.
struct StoreRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Rebuild the database from the runs' files and what of the old one verifies.",
        usage: "flowexp store repair [--dry-run] [<options>]",
        discussion: """
            Examples:
              flowexp store repair --dry-run    what would be done
              flowexp store repair

            Nothing is changed when nothing is damaged. The old database and damaged files go to the store's 'backups' \
            directory; nothing is deleted. A run whose result is not whole is planned again, and the next sweep gives it \
            the same numbers. Nobody may be at work on the store (else exit 75). After a crash run it again.
            """)

    @Flag(help: "Say what would be done and change nothing.")
    var dryRun = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        // A store in use is said at once: whoever repairs waits for nobody.
        let repair = try RunStore.repair(
            at: try StoreLocation.checkedPath(store), dryRun: dryRun, busyTimeout: 2,
            identifies: RunConfiguration.identifies)
        if output.json {
            return try JSONOutput.print(StoreMaintenanceText.json(repair, dryRun: dryRun))
        }
        try Output.data(StoreMaintenanceText.text(repair, dryRun: dryRun))
        if repair.isNeeded && dryRun {
            Talk.say("Do it with: flowexp store repair")
        } else if !repair.redone.isEmpty {
            Talk.say("Do the missing runs with: flowexp resume")
        } else {
            Talk.say("See the runs: flowexp status")
        }
    }
}
