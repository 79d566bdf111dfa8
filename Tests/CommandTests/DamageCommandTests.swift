import Foundation
import Testing

/// A damaged record is listed as damaged, counted, left out of every number, and named; everything else is printed first.
struct DamageCommandTests {
    /// A finished sweep `tiny` of four runs, one of whose `mmd` values has a flipped bit, and the ids: the damaged one first.
    private func damaged() throws -> (place: Workplace, ids: [String]) {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let listed = try place.json("ls", "--json", "--where", "base=gmm")
        let all = try place.json("ls", "--json")
        let run = try #require((listed["runs"] as? [[String: Any]])?.first)
        let id = try #require(run["id"] as? String)
        try place.damage(number: "SELECT value FROM results WHERE metric = 'mmd' AND run = '\(id)'")
        let ids = (all["runs"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
        return (place, [id] + ids.filter { $0 != id })
    }

    private func expectNamed(_ result: Program.Result, _ id: String, _ location: SourceLocation = #_sourceLocation) {
        #expect(result.status == 65, "\(result.errors)", sourceLocation: location)
        #expect(result.errors.contains(id.prefix(12)), sourceLocation: location)
        #expect(result.errors.contains("flowexp store repair"), sourceLocation: location)
    }

    @Test("ls, status, report and show print everything else, then exit 65")
    func reading() throws {
        let (place, ids) = try damaged()
        let id = ids[0]

        let table = try place.run("ls", "--metric", "mmd")
        expectNamed(table, id)
        let lines = table.output.split(separator: "\n")
        #expect(lines.count == 5)
        let line = try #require(lines.first { id.hasPrefix($0.prefix { $0 != " " }) })
        // The configuration is the one that the id was made of, so it is shown; no number of the results is.
        #expect(line.contains("damaged") && line.contains("two-moons") && !line.contains("."))
        for (arguments, isListed) in [
            (["ls", "--json"], true), (["ls", "--json", "--where", "state=damaged"], true),
            (["ls", "--json", "--where", "base=gmm"], true), (["ls", "--json", "--where", "base=gaussian"], false),
        ] {
            let result = try Program.run(arguments, in: place.path)
            let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            let run = (json?["runs"] as? [[String: Any]])?.first { $0["id"] as? String == id }
            #expect((run != nil) == isListed && (result.status == 65) == isListed, "\(arguments): \(result.errors)")
            guard let run else { continue }
            #expect(run["state"] as? String == "damaged")
            #expect(run["damage"] as? String == "the metrics changed since they were published")
            #expect((run["metrics"] as? [String: Any])?.isEmpty == true && run["componentsUsed"] is NSNull)
        }

        // They print no metric and read none; that the run is completed is right.
        #expect(try place.run("status").status == 0 && place.run("ls").status == 0)

        let report = try place.run("report", "--metric", "mmd")
        expectNamed(report, id)
        #expect(report.output.contains("3 of 4 runs, 1 damaged") && report.output.contains("1 run is damaged"))
        let json = try place.json("report", "--metric", "mmd", "--json")
        #expect((json["runs"] as? [String: Any])?["damaged"] as? Int == 1)
        let rows = try #require(json["rows"] as? [[String: Any]])
        #expect(rows.map { $0["damaged"] as? Int } == [0, 1] && rows.map { $0["n"] as? Int } == [2, 1])
        #expect(rows.map { $0["failed"] as? Int } == [0, 0])

        let shown = try place.run("show", String(id.prefix(12)))
        expectNamed(shown, id)
        #expect(shown.output.contains("damaged") && shown.output.contains("couplingLayers"))
        for part in ["\nmetrics", "\nhistory", "\nresults", "\nfiles", "mmd"] {
            #expect(!shown.output.contains(part), "\(part)")
        }
        let details = try place.json("show", id, "--json")
        #expect(details["state"] as? String == "damaged" && (details["damage"] as? [String])?.count == 1)
        #expect((details["metrics"] as? [String: Any])?.isEmpty == true)
        #expect((details["summary"] as? [String: Any])?.isEmpty == true)
        #expect((details["history"] as? [Any])?.isEmpty == true)
        #expect(try place.run("show", ids[1]).status == 0)
        #expect(try place.run("logs", id).status == 0)
    }

    @Test("ls and status show a run whose record was changed as damaged")
    func record() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let runs = try #require(try place.json("ls", "--json")["runs"] as? [[String: Any]])
        let id = try #require(runs.first?["id"] as? String)
        let loss = try place.run(
            "query", "SELECT json_extract(summary, '$.finalLoss') FROM runs WHERE run = '\(id)'", "--format", "csv")
        let text = try #require(loss.output.split(separator: "\r\n").last)
        try place.damage(Array("\"finalLoss\":\(text)".utf8)) { $0[$0.count - 1] ^= 1 }
        let status = try place.run("status")
        expectNamed(status, id)
        #expect(status.output.contains("3 completed") && status.output.contains("1 damaged"))
        let counts = (try place.json("status", "--json")["sweeps"] as? [[String: Any]])?.first?["counts"]
        #expect((counts as? [String: Int])?["damaged"] == 1)
        let listed = try place.run("ls")
        expectNamed(listed, id)
        #expect(listed.output.split(separator: "\n").filter { $0.contains("damaged") }.count == 1)
    }

    @Test("a condition that nothing readable can meet tells of the damage, a mistyped one of the name")
    func conditions() throws {
        let (place, _) = try damaged()
        let mistyped = try place.run("show", "--where", "bsae=gmm")
        #expect(mistyped.status == 64 && mistyped.errors.contains("did you mean 'base'"), "\(mistyped.errors)")
        let query = "UPDATE run_records SET configuration = '{}'"
        let edit = "import sqlite3; c = sqlite3.connect('runs/flowexp.sqlite'); c.execute(\"\(query)\"); c.commit()"
        try place.write(edit, to: "edit.py")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "edit.py"]
        process.currentDirectoryURL = URL(fileURLWithPath: place.path)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return print("SKIPPED: no python3 with sqlite3 here") }
        for command in ["show", "logs"] {
            let result = try place.run(command, "--where", "base=gmm")
            #expect(result.status == 65 && result.errors.contains("flowexp store repair"), "\(result.errors)")
        }
    }

    @Test("a condition on a number that a damaged run may have names the run, and what only it has is not mistyped")
    func undecided() throws {
        let (place, ids) = try damaged()
        for condition in ["mmd<9", "mmd<9 and base=gmm", "base=gaussian or mmd<9"] {
            let listed = try place.run("ls", "--json", "--where", condition)
            expectNamed(listed, ids[0])
            let json = try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [String: Any]
            let found = (json?["runs"] as? [[String: Any]])?.compactMap { $0["id"] as? String }
            #expect(found?.contains(ids[0]) == false, "\(condition)")
        }
        // Nothing but its base decides these.
        for condition in ["mmd<9 and base=gaussian", "base=gaussian"] {
            #expect(try place.run("ls", "--where", condition).status == 0, "\(condition)")
        }
        for command in [["show"], ["rm"]] {
            expectNamed(try Program.run(command + ["--where", "mmd<9 and mmd>9"], in: place.path), ids[0])
        }
        // No other run has it.
        for command in [
            ["report", "--metric", "js"], ["report", "--metric", "mmd,js"], ["ls", "--metric", "js"],
            ["ls", "--where", "js<1"], ["plot", "--metric", "js", "--output", "pictures"],
        ] {
            expectNamed(try Program.run(command, in: place.path), ids[0])
            // No metric is called so.
            let mistyped = try Program.run(
                command.map { $0.replacingOccurrences(of: "js", with: "jx") }, in: place.path)
            #expect(mistyped.status == 64, "\(command): \(mistyped.errors)")
        }
    }

    @Test("what uses the run is refused, and a sweep neither counts it nor trains over it")
    func using() throws {
        let (place, ids) = try damaged()
        expectNamed(try place.run("sample", ids[0]), ids[0])
        expectNamed(try place.run("export", ids[0], "--output", "flow"), ids[0])
        #expect(try place.run("sample", ids[1], "--count", "2").status == 0)
        for arguments in [
            ["sweep", "tiny.json"], ["resume", "tiny"], ["sweep", "tiny.json", "--dry-run"], ["evaluate"],
        ] {
            let result = try Program.run(arguments, in: place.path)
            expectNamed(result, ids[0])
            #expect(arguments == ["evaluate"] || (result.output + result.errors).contains("3 completed, 1 damaged"))
        }
        // A larger sweep does the rest.
        try place.writeSpec(seeds: 3)
        let larger = try place.run("sweep", "tiny.json")
        expectNamed(larger, ids[0])
        #expect(larger.errors.contains("Done: 5 of 6 runs completed, 1 damaged"))
        let more = try place.run("evaluate", "--metric", "mmd,energy")
        expectNamed(more, ids[0])
        #expect(more.errors.contains("5 runs evaluated"))
        let listed = try place.json("ls", "--json", "--where", "state=damaged")
        #expect((listed["runs"] as? [[String: Any]])?.map { $0["attempts"] as? Int } == [1])
    }

    @Test("a damaged file of parameters leaves the evaluation of the other runs alone")
    func parameters() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let runs = try #require(try place.json("ls", "--json")["runs"] as? [[String: Any]])
        let id = try #require(runs.first?["id"] as? String)
        let path = "\(place.path)/runs/artefacts/\(id)/published-1/parameters.safetensors"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let evaluated = try place.run("evaluate", "--metric", "energy")
        expectNamed(evaluated, id)
        #expect(evaluated.errors.contains("3 runs evaluated"), "\(evaluated.errors)")
        let values = try place.run(
            "query", "SELECT count(value) FROM results WHERE metric = 'energy'", "--format", "csv")
        #expect(values.output.contains("3"))
    }

    @Test("a damaged list of runs concerns its own sweep only")
    func damagedList() throws {
        let place = try Workplace()
        try place.writeSpec()
        try place.write(
            #"{"name": "other", "task": "ring", "training": {"steps": 20, "batch": 32, "draws": 200}, "#
                + #""evaluation": {"metrics": []}, "sweep": {"seeds": 1}}"#, to: "other.json")
        #expect(try place.run("sweep", "tiny.json").status == 0)
        #expect(try place.run("sweep", "other.json").status == 0)
        try place.damage(Array(#"{"base":"gaussian"}"#.utf8)) { $0[9] ^= 1 }
        let status = try place.run("status")
        #expect(
            status.status == 65 && status.errors.contains("sweep tiny") && status.errors.contains("with the spec again")
        )
        #expect(status.output.contains("other  1/1") && status.output.contains("tiny  cannot be read"))
        let sweeps = try place.json("status", "--json")["sweeps"] as? [[String: Any]]
        #expect(sweeps?.filter { $0["damage"] is String }.map { $0["sweep"] as? String } == ["tiny"])
        #expect(try place.run("status", "other").status == 0)
        #expect(try place.run("report", "tiny", "--metric", "mmd").status == 65)
        #expect(try place.run("ls", "other").status == 0)
        let both = try place.run("ls", "tiny", "other", "--json")
        #expect(both.status == 65 && both.output.contains("ring") && !both.output.contains("two-moons"))
        let resumed = try place.run("resume")
        #expect(resumed.status == 0 || resumed.errors.contains("sweep tiny"))
        // Sweeping the spec again records it anew.
        #expect(try place.run("sweep", "tiny.json").status == 0)
        #expect(try place.run("status").status == 0)
    }

    @Test("a damaged history is left out, the rest of the run is shown")
    func damagedHistory() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let run = try #require((try place.json("ls", "--json")["runs"] as? [[String: Any]])?.first)
        let id = try #require(run["id"] as? String)
        try place.damage(number: "SELECT loss FROM history WHERE run = '\(id)' ORDER BY step LIMIT 1")
        expectNamed(try place.run("show", id), id)
        let details = try place.json("show", id, "--json")
        #expect(details["state"] as? String == "completed")
        #expect(details["damage"] as? [String] == ["the history changed since it was published"])
        #expect((details["history"] as? [Any])?.isEmpty == true)
        #expect((details["metrics"] as? [String: Any])?.isEmpty == false)
    }

    @Test("a name that no run can have is not there: 66", arguments: ["xyz!", "A91F", "../../etc", "é"])
    func impossibleNames(name: String) throws {
        let place = try Workplace()
        try place.writeSpec(steps: 5)
        #expect(try place.run("sweep", "tiny.json", "--limit", "1").status == 0)
        for command in ["show", "logs", "sample"] {
            let result = try place.run(command, name)
            #expect(result.status == 66 && result.errors.contains("flowexp ls"), "\(result.errors)")
        }
    }
}

extension Workplace {
    /// Flips the last bit of a number of the store's database; the query gives it.
    func damage(number query: String) throws {
        let text = try run("query", query, "--format", "csv").output
        let value = try #require(Double(text.split(separator: "\r\n").last ?? ""))
        try damage(withUnsafeBytes(of: value.bitPattern.bigEndian) { Array($0) }) { $0[7] ^= 1 }
    }

    /// Changes every place of the store's database that has these bytes, as a bad disk would; there must be one.
    func damage(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) throws {
        let url = URL(fileURLWithPath: path + "/runs/flowexp.sqlite")
        var data = try Data(contentsOf: url)
        var changed = bytes
        change(&changed)
        var found = 0
        while let range = data.range(of: Data(bytes)) {
            data.replaceSubrange(range, with: changed)
            found += 1
        }
        #expect(found > 0 && changed != bytes)
        try data.write(to: url)
    }
}
