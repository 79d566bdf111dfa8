import Foundation

/// One removal in a store's trash: a small store of its own with what was removed, which `restore` merges back.
public struct TrashEntry: Sendable, Equatable, Codable {
    /// Its directory's name below `trash/`, the UTC time and a number; sorts by time.
    public var name: String
    /// Seconds since 1970 by the wall clock.
    public var removedAt: Double
    /// The command that removed it, for people.
    public var what: String
    /// Sweeps that went.
    public var sweeps: [String]
    /// Number of runs that went or lost their results.
    public var runs: Int
    /// Number of files, those that no run named included.
    public var files: Int
    /// Bytes of these files.
    public var bytes: Int
    /// Files that no run named; `restore` puts them back where they lay.
    public var looseFiles: Int

    private enum CodingKeys: String, CodingKey {
        case schema, name, removedAt, what, sweeps, runs, files, bytes, looseFiles
    }

    static let schema = "flowexp.trash-entry/1"

    init(name: String, what: String, sweeps: [String] = [], runs: Int = 0) {
        self.name = name
        removedAt = SystemCalls.wallSeconds()
        self.what = what
        self.sweeps = sweeps
        self.runs = runs
        files = 0
        bytes = 0
        looseFiles = 0
    }

    /// Reads `entry.json`; throws `DecodingError`, also for another schema and for counts that cannot be.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guard try values.decode(String.self, forKey: .schema) == Self.schema else {
            throw DecodingError.dataCorruptedError(forKey: .schema, in: values, debugDescription: "another schema")
        }
        name = try values.decode(String.self, forKey: .name)
        removedAt = try values.decode(Double.self, forKey: .removedAt)
        what = try values.decode(String.self, forKey: .what)
        sweeps = try values.decode([String].self, forKey: .sweeps)
        runs = try values.decode(Int.self, forKey: .runs)
        files = try values.decode(Int.self, forKey: .files)
        bytes = try values.decode(Int.self, forKey: .bytes)
        looseFiles = try values.decode(Int.self, forKey: .looseFiles)
        // Sums over all entries must fit, too.
        guard [runs, files, bytes, looseFiles].allSatisfy((0...(1 << 48)).contains) else {
            throw DecodingError.dataCorruptedError(forKey: .bytes, in: values, debugDescription: "a count out of range")
        }
    }

    /// Writes `entry.json`.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.schema, forKey: .schema)
        try values.encode(name, forKey: .name)
        try values.encode(removedAt, forKey: .removedAt)
        try values.encode(what, forKey: .what)
        try values.encode(sweeps, forKey: .sweeps)
        try values.encode(runs, forKey: .runs)
        try values.encode(files, forKey: .files)
        try values.encode(bytes, forKey: .bytes)
        try values.encode(looseFiles, forKey: .looseFiles)
    }
}

/// The trash's directory.
///
/// An entry is made under a name that begins with a dot and renamed when it is whole and durable, and gets such a name
/// again before it is deleted. So whatever begins with a dot is a crash's leftover, of which the store itself still has
/// everything or which was thrown away, and any other entry is whole.
struct TrashDirectory {
    let layout: StoreLayout

    private static let description = "entry.json"
    /// Below an entry: files that no row named, at their paths relative to the store.
    static let loose = "loose"

    func path(_ name: String) -> String { layout.trash + "/" + name }

    /// The whole entries, oldest first. One whose description cannot be read is listed with its name alone.
    func entries() -> [TrashEntry] {
        names().map { name in
            let bytes = (try? SystemCalls.read(path(name) + "/" + Self.description)) ?? nil
            if let bytes, var entry = try? JSONDecoder().decode(TrashEntry.self, from: Data(bytes)) {
                // The directory's name is what restore and emptying go by.
                entry.name = name
                return entry
            }
            var entry = TrashEntry(name: name, what: "(its description cannot be read)")
            entry.removedAt = .nan
            return entry
        }
    }

    func names() -> [String] { SystemCalls.names(in: layout.trash).filter(Self.isEntryName) }

    private static func isEntryName(_ name: String) -> Bool { (try? StoreLayout.check(artefactName: name)) != nil }

    /// A fresh hidden directory for an entry that is being made.
    func begin() throws -> String {
        if try SystemCalls.makeDirectory(layout.trash) { try SystemCalls.syncDirectory(layout.root) }
        return layout.trash + "/.making-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    }

    /// The name for an entry of this moment that no other has.
    func freshName() -> String {
        var time = time_t(SystemCalls.wallSeconds())
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ value: Int32, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day = padded(parts.tm_year + 1900, 4) + padded(parts.tm_mon + 1, 2) + padded(parts.tm_mday, 2)
        let clock = padded(parts.tm_hour, 2) + padded(parts.tm_min, 2) + padded(parts.tm_sec, 2)
        var number = 1
        while SystemCalls.exists(path("\(day)T\(clock)Z-\(number)")) { number += 1 }
        return "\(day)T\(clock)Z-\(number)"
    }

    /// Describes a made entry and gives it its name; when this returns it is durable.
    func finish(_ making: String, _ entry: TrashEntry) throws {
        try describe(entry, in: making)
        try rename(making, to: path(entry.name))
    }

    /// Writes an entry's description anew.
    func describe(_ entry: TrashEntry) throws { try describe(entry, in: path(entry.name)) }

    private func describe(_ entry: TrashEntry, in path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(entry) else {
            throw RunStoreError(
                .internalError, what: "a trash entry cannot be described", location: path,
                remedy: "This is a bug in flowexp; please report it.")
        }
        try DurableFiles(layout: StoreLayout(path: path)).write(Array(bytes) + [0x0a], to: Self.description)
    }

    private func rename(_ old: String, to new: String) throws {
        DurableOperations.point()
        if Foundation.rename(old, new) != 0 { throw SystemCalls.failure("rename", old, errno: errno) }
        try SystemCalls.syncDirectory(layout.trash)
    }

    /// Deletes an entry for good.
    func delete(_ name: String) throws {
        let doomed = layout.trash + "/.deleting-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try rename(path(name), to: doomed)
        DurableFiles.removeTree(doomed)
    }

    /// Deletes what crashes left: entries that were being made or deleted. Only under the rearrangement lock.
    func removeLeftovers() {
        for name in SystemCalls.names(in: layout.trash) where name.hasPrefix(".") {
            DurableFiles.removeTree(path(name))
        }
    }
}
