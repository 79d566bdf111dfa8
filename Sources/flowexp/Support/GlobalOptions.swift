import ArgumentParser

/// How much is said; every command has these.
struct TalkOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Say nothing but errors (data is still printed).")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more.")
    var verbose = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("-q and -v exclude each other; give one of them.") }
    }

    /// Makes the choice hold for the rest of the process.
    func apply() { Talk.setLevel(quiet ? .quiet : verbose ? .verbose : .normal) }
}

/// `--json`, on every command that prints data.
struct JSONOption: ParsableArguments {
    @Flag(name: .long, help: "Print JSON for scripts instead of text for people.")
    var json = false
}

/// Which store to use.
struct StoreOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The store's directory.",
            discussion: "Default: $FLOWEXP_STORE, else 'runs' beside the nearest Package.swift or an existing store "
                + "upwards from here, else ./runs.", valueName: "dir"))
    var store: String?
}
