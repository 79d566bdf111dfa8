import Foundation
import Testing

/// rm, the trash, garbage collection and merging, as a person would use them.
struct StoreChangeCommandTests {
    /// The digest of a store with every file verified.
    private func digest(_ place: Workplace, _ store: String = "runs") throws -> String {
        let result = try place.run("store", "digest", "--verify", "--store", store)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    @Test("two halves merged either way are the whole; the others are not written")
    func merge() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json", "--store", "whole", "-q").status == 0)
        for base in ["gmm", "gaussian"] {
            #expect(try place.run("sweep", "tiny.json", "--store", base, "--where", "base=\(base)", "-q").status == 0)
        }
        let half = try digest(place, "gaussian")
        let dry = try place.run("store", "merge", "gaussian", "--store", "gmm", "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("2 completed") && dry.errors.contains("--dry-run"))
        let merged = try place.run("store", "merge", "gaussian", "--store", "gmm")
        #expect(merged.status == 0 && merged.output.isEmpty, "\(merged.errors)")
        #expect(merged.errors.contains("2 runs taken over") && merged.errors.contains("flowexp report tiny"))
        #expect(try digest(place, "gaussian") == half)
        let again = try place.json("store", "merge", "gmm", "--store", "gaussian", "--json")
        #expect(again["schema"] as? String == "flowexp.merge/1")
        #expect(try digest(place, "gmm") == digest(place, "whole"))
        #expect(try digest(place, "gaussian") == digest(place, "whole"))
        let nothing = try place.run("store", "merge", "whole", "--store", "gmm")
        #expect(nothing.status == 0 && nothing.errors.contains("already"))
        #expect(try place.run("sweep", "tiny.json", "--store", "gmm").errors.contains("Nothing to start"))

        let itself = try place.run("store", "merge", "./gmm", "--store", "gmm")
        #expect(itself.status == 64 && itself.errors.contains("itself"))
        #expect(try place.run("store", "merge", "absent", "--store", "gmm").status == 66)
        #expect(try place.run("store", "merge", "gmm", "--store", "absent").status == 66)
        #expect(!FileManager.default.fileExists(atPath: place.path + "/absent"))
    }

    @Test("rm moves to the trash and restore undoes it")
    func removeAndRestore() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json", "-q").status == 0)
        let before = try digest(place)
        let dry = try place.run("rm", "tiny", "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("sweep tiny, 1 revision") && dry.output.contains("4 runs"))
        #expect(try digest(place) == before)
        let removed = try place.run("rm", "tiny")
        #expect(removed.status == 0 && removed.output.isEmpty, "\(removed.errors)")
        let undo = try #require(removed.errors.range(of: "flowexp store restore "))
        let entry = String(removed.errors[undo.upperBound...].prefix { !$0.isWhitespace })
        #expect(try place.run("status").output.contains("no sweeps"))
        for command in [
            ["report", "tiny", "--metric", "mmd"], ["ls", "tiny"], ["status", "tiny"], ["resume", "tiny"],
        ] {
            let result = try Program.run(command, in: place.path)
            #expect(result.status == 66 && result.errors.contains("It is in the trash"), "\(command): \(result.errors)")
            #expect(result.errors.contains("flowexp store restore \(entry)"), "\(command)")
        }
        let listed = try place.json("store", "trash", "--json")
        #expect((listed["entries"] as? [[String: Any]])?.first?["name"] as? String == entry)
        #expect(try place.run("store", "trash").output.contains("rm tiny"))
        #expect(try place.run("store", "restore", entry).status == 0)
        #expect(try digest(place) == before)
        #expect(try place.run("store", "restore", entry).status == 66)

        // A run removed becomes planned; the same sweep trains it anew, to the same result.
        let gone = try place.json("rm", "--where", "base=gmm and seed=1", "--json")
        #expect(gone["schema"] as? String == "flowexp.removal/1" && (gone["resetRuns"] as? [Any])?.count == 1)
        #expect(try digest(place) != before)
        #expect(try place.run("sweep", "tiny.json").errors.contains("1 new"))
        #expect(try digest(place) == before)
        let nearby = try place.run("rm", "tinny")
        #expect(nearby.status == 66 && nearby.errors.contains("did you mean 'tiny'"), "\(nearby.errors)")
        #expect(try place.run("rm", "--where", "seed=7").status == 66)
        #expect(try place.run("store", "trash", "--empty", "--older-than", "1d").errors.contains("Nothing to delete"))
        #expect(try place.run("store", "trash", "--empty", "--dry-run").errors.contains("1 entry"))
        #expect(try place.run("store", "trash", "--empty").errors.contains("Deleted for good: 1 entry"))
        #expect(try place.run("store", "trash").errors.contains("empty"))
    }

    @Test("a name that is a sweep's and begins a run's id is not guessed")
    func ambiguousName() throws {
        let place = try Workplace()
        try place.writeSpec("plan", seeds: 1)
        #expect(try place.run("sweep", "plan.json", "-q").status == 0)
        let runs = try #require(try place.json("ls", "--json")["runs"] as? [[String: Any]])
        let id = try #require(runs.first?["id"] as? String)
        let name = String(id.prefix(3))
        try place.writeSpec(name, seeds: 1)
        #expect(try place.run("sweep", "\(name).json", "-q").status == 0)
        let result = try place.run("rm", name)
        #expect(result.status == 64 && result.errors.contains("--sweep \(name)") && result.errors.contains(id))
        let chosen = try place.run("rm", "--sweep", name, "--dry-run")
        #expect(chosen.output.contains("2 runs kept, because another sweep contains them"), "\(chosen.output)")
    }

    @Test("gc changes no report and needs the store alone")
    func collectGarbage() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json", "-q").status == 0)
        #expect(try place.run("store", "gc").errors.contains("No garbage"))
        try place.writeSpec(seeds: 1)
        #expect(try place.run("sweep", "tiny.json", "-q").status == 0)
        let whole = try digest(place)
        let report = try place.run("report", "tiny", "--metric", "mmd", "--json").output
        let dry = try place.json("store", "gc", "--superseded", "--dry-run", "--json")
        #expect((dry["supersededRuns"] as? [Any])?.count == 2 && dry["entry"] is NSNull)
        let collected = try place.run("store", "gc", "--superseded")
        #expect(collected.status == 0 && collected.errors.contains("2 runs that no newest revision lists"))
        #expect(try place.run("report", "tiny", "--metric", "mmd", "--json").output == report)
        let entries = try place.json("store", "trash", "--json")["entries"] as? [[String: Any]]
        let entry = try #require(entries?.first?["name"] as? String)
        #expect(try place.run("store", "restore", entry).status == 0)
        #expect(try digest(place) == whole)
    }

    @Test("what a sweep is working on is neither merged, removed nor collected", .timeLimit(.minutes(2)))
    func busy() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 100_000_000, seeds: 1)
        let sweep = try place.start("sweep", "tiny.json", "--store", "busy", "-j", "2")
        defer {
            sweep.signal(SIGKILL)
            _ = sweep.wait()
        }
        try place.writeSpec("other", seeds: 1)
        #expect(try place.run("sweep", "other.json", "-q").status == 0)
        try place.awaitRunning(2, store: "busy")
        for arguments in [
            ["store", "merge", "busy"], ["rm", "tiny", "--store", "busy"], ["store", "gc", "--store", "busy"],
        ] {
            let result = try Program.run(arguments, in: place.path)
            #expect(result.status == 75, "\(arguments): \(result.errors)")
        }
    }
}
