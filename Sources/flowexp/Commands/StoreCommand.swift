import ArgumentParser
import Catalog
import RunStorage

/// `flowexp store …`: looking after the store.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Look after the store.",
        discussion: """
            Examples:
              flowexp store digest             one line that is equal for equal results
              flowexp store digest --verify    the same, after re-reading every file
              flowexp store check              is everything what was written?
              flowexp store repair             mend what is not
              flowexp store migrate            bring a store of an earlier version forward
              flowexp store merge OTHER        take over what another store has
              flowexp store gc                 move to the trash what nobody can need
              flowexp store trash              what rm and gc moved there
              flowexp store restore ENTRY      bring it back
            """,
        subcommands: [
            StoreDigestCommand.self, StoreCheckCommand.self, StoreRepairCommand.self, StoreMigrateCommand.self,
            StoreMergeCommand.self, StoreCollectGarbageCommand.self, StoreTrashCommand.self, StoreRestoreCommand.self,
        ])

    func run() throws { throw CleanExit.helpRequest(StoreCommand.self) }
}

/// `flowexp store digest`.
struct StoreDigestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest", abstract: "Print the SHA-256 over all results: equal digests mean equal results.",
        usage: "flowexp store digest [--verify] [<options>]",
        discussion: """
            Examples:
              flowexp store digest
              flowexp store digest --store other/runs --verify

            It covers every run that is completed or failed for a reason of its own: configuration, state, metrics, \
            history without timings, and every parameter tensor; not times, hosts, attempts or paths.
            """)

    @Flag(help: "Re-read every artefact and check it against what was recorded.")
    var verify = false

    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let store = try StoreLocation.open(store, mode: .readOnly)
        let digest = try store.digest(verifyFiles: verify)
        guard output.json else { return try Output.data(digest) }
        try JSONOutput.print(
            .object([
                "schema": .string("flowexp.digest/1"), "sha256": .string(digest), "verified": .bool(verify),
            ]))
    }
}
