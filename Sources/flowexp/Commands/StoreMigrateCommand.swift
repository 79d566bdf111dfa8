import ArgumentParser
import Catalog
import Experiments
import RunStorage

/// `flowexp store migrate`.
struct StoreMigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring a store of an earlier version forward, after a backup.",
        discussion: """
            Examples:
              flowexp store migrate
              flowexp store migrate --store other/runs --json

            The next command that writes migrates the database by itself. This one also writes the files that earlier \
            versions did not, from which the database can be rebuilt. A store of a later version is refused.
            """)

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let migration = try RunStore.migrate(
            at: try StoreLocation.checkedPath(store), busyTimeout: 2, identifies: RunConfiguration.identifies)
        if output.json {
            return try JSONOutput.print(StoreMaintenanceText.json(migration))
        }
        try Output.data(StoreMaintenanceText.text(migration))
        Talk.say(migration.damaged > 0 ? "See what is damaged: flowexp store check" : "See the runs: flowexp status")
    }
}
