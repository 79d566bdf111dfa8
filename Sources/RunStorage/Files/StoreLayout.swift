import Foundation

/// Where things lie in a store, and the names that may become paths.
struct StoreLayout: Sendable {
    /// The store's directory, absolute.
    let root: String

    var database: String { root + "/flowexp.sqlite" }
    var storeLock: String { root + "/store.lock" }
    var locks: String { root + "/locks" }
    /// Files being written; whatever lies here when nobody has the store open is a crash's leftover.
    var temporary: String { root + "/tmp" }
    var artefacts: String { root + "/artefacts" }
    var backups: String { root + "/backups" }
    /// One file per revision of a sweep, see ``RevisionFile``.
    var revisions: String { root + "/revisions" }

    /// The directories every store has.
    var directories: [String] { [locks, temporary, artefacts, revisions] }

    /// Whether a run or a revision has left a file: then a database was here too. Throws when that cannot be told, for
    /// example for want of rights or of open files.
    func holdsWork() throws -> Bool {
        try [artefacts, revisions].contains { try !SystemCalls.readableNames(in: $0).isEmpty }
    }
    /// Runs that were removed, each entry a small store of its own. Nothing else ever looks in here.
    var trash: String { root + "/trash" }
    /// Held alone by whoever moves runs in or out.
    var rearrangementLock: String { root + "/rearrangement.lock" }

    func lock(ofRun id: String) -> String { locks + "/" + id }
    /// Relative to the root.
    func directory(ofRun id: String) -> String { "artefacts/" + id }
    func absolute(_ relativePath: String) -> String { root + "/" + relativePath }

    /// Makes the path absolute, so that a later change of the working directory does not move the store.
    init(path: String) {
        var path = path
        if !path.hasPrefix("/") {
            path = FileManager.default.currentDirectoryPath + "/" + path
        }
        while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
        root = path
    }

    /// Throws `.missingStore` for a relative path when the working directory was removed: the system gives it no name,
    /// and "/" is no place for what was meant to lie in it.
    ///
    /// A name that is not UTF-8 is refused, too (`.cannotCreate`): repaired it would be another directory's.
    static func checkWorkingDirectory(for path: String) throws {
        if path.hasPrefix("/") { return }
        if let name = getcwd(nil, 0) {
            defer { free(name) }
            if String(validatingCString: name) != nil { return }
            throw RunStoreError(
                .cannotCreate, what: "the working directory's name is not UTF-8", location: String(cString: name),
                remedy: "Give it another name, or give --store an absolute path.")
        }
        throw RunStoreError(
            .missingStore, what: "the working directory was removed", location: printable(path),
            remedy: "Change to a directory that exists, or give --store an absolute path.")
    }

    /// Checks a run id: 1 to 64 lower-case ASCII letters and digits.
    static func check(runID id: String) throws {
        let valid =
            (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
        if !valid {
            throw RunStoreError(
                .invalidName, what: "not a run id", location: printable(id),
                remedy: "A run id has 1 to 64 lower-case letters and digits; `flowexp ls` prints them.")
        }
    }

    /// Checks an artefact's file name: 1 to 100 ASCII letters, digits, `-`, `_`, `.`, not beginning with a dot.
    static func check(artefactName name: String) throws {
        let valid =
            (1...100).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: return true
                default: return false
                }
            }
        if !valid {
            throw RunStoreError(
                .invalidName, what: "not an artefact name", location: printable(name),
                remedy: "Use letters, digits, '-', '_' and '.', not beginning with a dot, at most 100 bytes.")
        }
    }

    /// Checks a sweep's name: 1 to 200 bytes without control characters. It never becomes a path.
    static func check(sweepName name: String) throws {
        let valid =
            (1...200).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        if !valid {
            throw RunStoreError(
                .invalidName, what: "not a sweep name", location: printable(name),
                remedy: "A name has 1 to 200 bytes and no control characters.")
        }
    }

    /// Refuses a store whose parts are symbolic links: through one, writing, clearing `tmp/` or removing leftovers would
    /// touch files outside. The store's directory itself may be reached through a link. Throws `.notAStore`.
    func requireNoLinks() throws {
        for path in [database, storeLock, rearrangementLock, backups, trash] + directories {
            try Self.requireNoLink(path)
        }
    }

    /// Refuses one path that is a symbolic link; nothing there is in order.
    static func requireNoLink(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return }
        throw RunStoreError(
            .notAStore, what: "a part of a store must not be a symbolic link", location: path,
            remedy: "Put the file or directory itself there; the whole store may lie behind a link.")
    }

    /// Whether a path read from the database is one that the store itself gives to a checkpoint or an artefact: a damaged
    /// row must not make it touch another file.
    static func isPayloadPath(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (3...4).contains(parts.count), parts[0] == "artefacts" else { return false }
        return (try? check(runID: parts[1])) != nil
            && parts.dropFirst(2).allSatisfy { (try? check(artefactName: $0)) != nil }
    }

    /// Whether a path may name a file that no row names: something below `artefacts/`, with names that a store gives.
    static func isLoosePath(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isBelowArtefacts = (2...4).contains(parts.count) && parts[0] == "artefacts"
        let isRevision = parts.count == 2 && parts[0] == "revisions"
        return (isBelowArtefacts || isRevision)
            && parts.dropFirst().allSatisfy { (try? check(artefactName: $0)) != nil }
    }

    /// A user's string, safe to print: control characters escaped, long ones cut.
    static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(80) {
            if scalar.value < 0x20 || scalar.value == 0x7f {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return "'" + result + (text.unicodeScalars.count > 80 ? "…'" : "'")
    }
}
