import Foundation
import RunStorage

/// Finds and opens the store that a command works on.
enum StoreLocation {
    /// `--store`, then FLOWEXP_STORE, then upwards from the working directory the first `runs` that is a store or that
    /// stands beside a Package.swift, else ./runs.
    static func path(_ option: StoreOption) -> String {
        if let given = option.store { return given }
        let environment = ProcessInfo.processInfo.environment
        if let given = environment["FLOWEXP_STORE"], !given.isEmpty { return given }
        let files = FileManager.default
        // A working directory that was removed has no path and no parents; opening the store says so.
        guard !files.currentDirectoryPath.isEmpty else { return "runs" }
        var directory = URL(fileURLWithPath: files.currentDirectoryPath)
        // The number of levels is bounded by the path's length, so this ends.
        while true {
            let runs = directory.appendingPathComponent("runs").path
            let isStore = files.fileExists(atPath: runs + "/" + databaseName)
            let isPackage = files.fileExists(atPath: directory.appendingPathComponent("Package.swift").path)
            if isStore || isPackage { return runs }
            let parent = directory.deletingLastPathComponent()
            if parent.path == directory.path { return "runs" }
            directory = parent
        }
    }

    /// Opens the store and passes its warnings on.
    static func open(_ option: StoreOption, mode: RunStore.Mode) throws -> RunStore {
        let path = path(option)
        guard !path.isEmpty else { throw CommandFailure(.usage, "--store is empty; name a directory") }
        let store = try RunStore.open(at: path, mode: mode)
        for warning in store.openWarnings { Talk.warn("warning: \(warning)") }
        return store
    }

    /// The database's file name inside a store.
    static let databaseName = "flowexp.sqlite"
}
