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
            // The lock tells a store whose database was lost.
            let isStore = [databaseName, "store.lock"].contains { files.fileExists(atPath: runs + "/" + $0) }
            let isPackage = files.fileExists(atPath: directory.appendingPathComponent("Package.swift").path)
            if isStore || isPackage { return runs }
            let parent = directory.deletingLastPathComponent()
            if parent.path == directory.path { return "runs" }
            directory = parent
        }
    }

    /// ``path(_:)``, which must not be empty.
    static func checkedPath(_ option: StoreOption) throws -> String {
        let path = path(option)
        guard !path.isEmpty else { throw CommandFailure(.usage, "--store is empty; name a directory") }
        return path
    }

    /// Opens the store and passes its warnings on. `busyTimeout`: seconds to wait for other processes.
    static func open(_ option: StoreOption, mode: RunStore.Mode, busyTimeout: Double = 60) throws -> RunStore {
        try open(at: checkedPath(option), mode: mode, busyTimeout: busyTimeout)
    }

    /// The same for a store that was named itself.
    static func open(at path: String, mode: RunStore.Mode, busyTimeout: Double = 60) throws -> RunStore {
        let store = try RunStore.open(at: path, mode: mode, busyTimeout: busyTimeout)
        for warning in store.openWarnings { Talk.warn("warning: \(warning)") }
        // To free a connection can need a thread, and without one it waits for ever.
        UntilExit.keep(store)
        return store
    }

    /// The database's file name inside a store.
    static let databaseName = "flowexp.sqlite"
}
