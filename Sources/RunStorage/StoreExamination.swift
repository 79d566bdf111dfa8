import Foundation

/// What can be found out about a store and the place it lies in, without changing a record: for `doctor`.
///
/// Two small files are made beside the data to try flushing and locking, and removed again.
public struct StoreExamination: Sendable {
    /// The store's directory, absolute where it can be told.
    public var path: String
    /// Whether there is a database.
    public var exists = false
    /// The directory that was tried: the store's, or the nearest one above that exists.
    public var place = ""
    /// The file system's kind as the kernel names it, nil where it does not tell.
    public var fileSystem: String?
    /// Whether it is a network file system.
    public var isNetwork = false
    /// Whether this user may write there.
    public var isWritable = false
    /// Bytes this user may still write, nil where the system does not tell.
    public var freeBytes: Int?
    /// Seconds that writing and flushing a small file took, nil when it was not tried.
    public var flushSeconds: Double?
    /// Whether a lock that one open file holds is seen by another, nil when it was not tried.
    public var locksWork: Bool?
    /// Why writing, flushing or locking failed.
    public var trialError: RunStoreError?
    /// Whether a transaction was cut short by a crash and waits to be rolled back.
    public var hasHotJournal = false
    /// What the store says of itself, nil when there is none or it cannot be opened.
    public var content: Content?
    /// Why the store cannot be opened.
    public var openError: RunStoreError?

    /// What an intact store says of itself.
    public struct Content: Sendable {
        /// The schema's version.
        public var version: Int
        /// Whether it was made on another machine.
        public var isFromAnotherMachine: Bool
        /// Runs by state as shown.
        public var counts: StateCounts
        /// Attempts whose process died and that no sweep has recorded yet.
        public var deadAttempts: Int
        /// When the newest attempt began, seconds since 1970; nil without attempts.
        public var newestAttemptAt: Double?
        /// Bytes of the database and the artefacts of all completed runs.
        public var bytes: Int
    }

    /// Examines the store at `path`, whether it is there or not.
    public init(path given: String) {
        let layout = StoreLayout(path: given)
        path = layout.root
        do {
            try StoreLayout.checkWorkingDirectory(for: given)
        } catch {
            openError = error as? RunStoreError
            return
        }
        exists = ((try? SystemCalls.size(layout.database)) ?? nil) != nil
        place = exists ? layout.root : Self.nearestDirectory(layout.root)
        fileSystem = FileSystemKind.name(path: place)
        isNetwork = FileSystemKind.network(path: place) != nil
        isWritable = access(place, W_OK | X_OK) == 0
        var space = statvfs()
        if statvfs(place, &space) == 0 {
            let (bytes, overflows) = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
            freeBytes = overflows ? Int.max : Int(clamping: bytes)
        }
        if isWritable {
            do {
                try tryFiles(in: exists && SystemCalls.exists(layout.temporary) ? layout.temporary : place)
            } catch {
                trialError = error as? RunStoreError
            }
        }
        guard exists else { return }
        // Looked at before the store is opened, which rolls it back. A transaction of another process shows for moments.
        hasHotJournal = ((try? SystemCalls.size(layout.database + "-journal")) ?? nil) ?? 0 > 0
        do {
            content = try Self.content(of: RunStore.open(at: given, mode: .readOnly, busyTimeout: 5))
        } catch {
            openError = error as? RunStoreError
        }
    }

    private static func nearestDirectory(_ path: String) -> String {
        var path = path
        while !path.isEmpty, !SystemCalls.exists(path) {
            path = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
        }
        return path.isEmpty ? "/" : path
    }

    private mutating func tryFiles(in directory: String) throws {
        let name = directory + "/.doctor-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { unlink(name) }
        let descriptor = try SystemCalls.open(name, O_WRONLY | O_CREAT | O_EXCL, to: "create")
        let began = SystemCalls.monotonicSeconds()
        do {
            defer { close(descriptor) }
            try SystemCalls.write([UInt8](repeating: 0, count: 4096), to: descriptor, path: name)
            try SystemCalls.sync(descriptor, path: name)
        }
        flushSeconds = SystemCalls.monotonicSeconds() - began
        let lock = try FileLock.take(name, exclusive: true)
        defer { lock?.release() }
        locksWork = lock != nil ? try FileLock.isHeld(name) : false
    }

    private static func content(of store: RunStore) throws -> Content {
        var content = Content(
            version: StoreSchema.version, isFromAnotherMachine: false, counts: StateCounts(), deadAttempts: 0,
            newestAttemptAt: nil, bytes: 0)
        var running: [String] = []
        let found = try store.database.read { database in
            let machine = try database.first("SELECT value FROM store_properties WHERE name = 'machine_id'") {
                try $0.text(0)
            }
            var states: [(RunState, Int)] = []
            try database.forEachRow("SELECT state, count(*) FROM run_records GROUP BY state") {
                states.append((try $0.state(0), try $0.integer(1)))
            }
            try database.forEachRow("SELECT id FROM run_records WHERE state = 'running'") {
                running.append(try $0.text(0))
            }
            let newest = try database.first("SELECT max(started_at) FROM attempts") { try $0.optionalDouble(0) }
            let artefacts = try database.first("SELECT coalesce(sum(size), 0) FROM artefact_files") {
                try $0.integer(0)
            }
            return (machine ?? "", states, newest ?? nil, artefacts ?? 0)
        }
        let (machine, states, newest, artefacts) = found
        let here = ProcessIdentity.machineID
        content.isFromAnotherMachine = !machine.isEmpty && !here.isEmpty && machine != here
        content.newestAttemptAt = newest
        content.bytes = artefacts + (((try? SystemCalls.size(store.layout.database)) ?? nil) ?? 0)
        content.deadAttempts = running.filter { (try? store.isHeld(runID: $0)) == false }.count
        for (state, count) in states {
            for _ in 0..<count { content.counts.count(state) }
        }
        return content
    }
}
