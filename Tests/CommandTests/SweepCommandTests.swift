import Foundation
import Testing

/// The main path: sweep, look, compare.
struct SweepCommandTests {
    @Test("a sweep runs, a second one starts nothing, and everything can be read back")
    func mainPath() throws {
        let place = try Workplace()
        try place.writeSpec()
        let dry = try place.run("sweep", "tiny.json", "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("= 4 runs") && dry.output.contains("4 new"))
        #expect(!FileManager.default.fileExists(atPath: place.path + "/runs"))

        let first = try place.run("sweep", "tiny.json", "-j", "2")
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.isEmpty)
        #expect(first.errors.contains("2 bases × 2 seeds = 4 runs: 4 new"))
        #expect(first.errors.contains("Done: 4 of 4 runs completed"))
        #expect(first.errors.contains("flowexp report tiny"))
        #expect(!first.errors.contains("\u{1B}"))

        let second = try place.run("sweep", "tiny.json")
        #expect(second.status == 0 && second.errors.contains("Nothing to start"))

        let listed = try place.json("ls", "--json")
        #expect(listed["schema"] as? String == "flowexp.runs/1")
        let runs = try #require(listed["runs"] as? [[String: Any]])
        #expect(runs.count == 4)
        for run in runs {
            #expect(run["state"] as? String == "completed" && run["attempts"] as? Int == 1)
            #expect(run["task"] as? String == "two-moons" && run["sweep"] as? String == "tiny")
            #expect(run["couplingLayers"] as? Int == 2 && run["seed"] is Int)
            #expect((run["metrics"] as? [String: Any])?["mmd"] is Double)
            #expect(run["base"] as? String == "gmm" ? run["components"] as? Int == 2 : run["components"] is NSNull)
        }
        let filtered = try place.json("ls", "--json", "--where", "base=gmm and seed>=1")
        #expect((filtered["runs"] as? [Any])?.count == 1)

        let id = try #require(runs.first?["id"] as? String)
        let shown = try place.json("show", String(id.prefix(10)), "--json")
        #expect(shown["id"] as? String == id && shown["schema"] as? String == "flowexp.run/1")
        let status = try place.json("status", "--json")
        let sweep = (status["sweeps"] as? [[String: Any]])?.first
        #expect((sweep?["counts"] as? [String: Int])?["completed"] == 4)
        #expect(try place.run("resume").errors.contains("Nothing to resume"))
        #expect(try place.run("logs", id).status == 0)
    }

    @Test(
        "the end of a sweep suggests what sees bridges, else what was evaluated, and the suggestion works",
        arguments: [
            (#""mmd", "kl", "bridge-mass""#, "flowexp report tiny --metric kl,bridge-mass"),
            (#""mmd", "kl""#, "flowexp report tiny --metric kl"),
            (#""mmd", "energy", "mode-tv""#, "flowexp report tiny --metric mmd,energy"),
            ("", "flowexp evaluate tiny --metric kl,bridge-mass"),
        ])
    func suggestedReport(metrics: String, command: String) throws {
        let place = try Workplace()
        try place.writeSpec(steps: 2, seeds: 1, metrics: metrics)
        let end = try place.run("sweep", "tiny.json").errors.split(separator: "\n").last.map(String.init)
        #expect(end == "  Compare: " + command)
        let words = command.split(separator: " ").dropFirst().map(String.init)
        #expect(try Program.run(words, in: place.path).status == 0, "\(command)")
        if words[0] == "evaluate" {
            #expect(try place.run("status").errors.contains("flowexp evaluate"))
        }
    }

    @Test("the report has intervals, a comparison and a floor, in every format")
    func report() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let json = try place.json("report", "--metric", "mmd", "--json")
        #expect(json["schema"] as? String == "flowexp.report/1")
        let rows = try #require(json["rows"] as? [[String: Any]])
        #expect(rows.count == 2)
        let gmm = try #require(rows.first { $0["base"] as? String == "gmm" })
        #expect(gmm["n"] as? Int == 2 && gmm["mean"] is Double && (gmm["ci95"] as? [Double])?.count == 2)
        #expect((gmm["floor"] as? [String: Any])?["mean"] is Double)
        #expect(gmm["delta"] is Double && gmm["p"] is Double && gmm["direction"] as? String == "lower")
        for format in ["table", "markdown", "csv"] {
            let text = try place.run("report", "tiny", "--metric", "mmd", "--format", format)
            #expect(text.status == 0 && text.output.contains("gaussian") && text.output.contains("mmd"))
        }
        let other = try place.json(
            "report", "--metric", "mmd", "--interval", "bootstrap", "--test", "wilcoxon", "--summary", "iqm",
            "--improvement",
            "--json")
        #expect((other["statistics"] as? [String: Any])?["interval"] as? String == "bootstrap")
        let otherGMM = try #require((other["rows"] as? [[String: Any]])?.first { $0["base"] as? String == "gmm" })
        #expect(otherGMM["mean"] as? Double == gmm["mean"] as? Double && otherGMM["deltaIQM"] is Double)
        #expect((other["headlines"] as? [[String: Any]])?.first?["improvement"] is Double)
        let unknown = try place.run("report", "--metric", "mdm")
        #expect(unknown.status == 64 && unknown.errors.contains("mmd"))
        for command in ["report", "evaluate"] {
            let amortised = try place.run(command, "tiny", "--metric", "sbc")
            #expect(amortised.status == 64 && amortised.errors.contains("amortised runs only"), "\(amortised.errors)")
        }
        #expect(try place.run("report", "other", "--metric", "mmd").status == 66)
    }

    @Test("the digest does not depend on the number of workers, the order, or the store's place")
    func workers() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json", "--store", "one", "-j", "1").status == 0)
        #expect(try place.run("sweep", "tiny.json", "--store", "two", "-j", "2", "--where", "seed=1").status == 0)
        let partial = try place.run("store", "digest", "--store", "two").output
        #expect(try place.run("sweep", "tiny.json", "-q", environment: ["FLOWEXP_STORE": "two"]).status == 0)
        let one = try place.run("store", "digest", "--store", "one", "--verify").output
        let two = try place.run("store", "digest", "--store", "two").output
        #expect(one.count == 65 && one == two)
        #expect(partial != two)
    }

    @Test("a new metric is evaluated without training, by evaluate and by sweep")
    func evaluate() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let added = try place.run("evaluate", "--metric", "energy")
        #expect(added.status == 0 && added.errors.contains("4 runs evaluated"), "\(added.errors)")
        try place.writeSpec(metrics: #""mmd", "d-plus""#)
        let swept = try place.run("sweep", "tiny.json")
        #expect(swept.status == 0 && swept.errors.contains("4 to evaluate"), "\(swept.errors)")
        let runs = try #require(try place.json("ls", "--json")["runs"] as? [[String: Any]])
        for run in runs {
            #expect(run["attempts"] as? Int == 1)
            #expect(Set((run["metrics"] as? [String: Any] ?? [:]).keys).isSuperset(of: ["mmd", "energy", "d-plus"]))
        }
    }

    @Test("after an edit of the evaluation everything shows the new settings' values, once")
    func editedEvaluation() throws {
        let place = try Workplace()
        // As text: JSONSerialization on Linux does not read every double to the last bit.
        func values() throws -> [String] {
            let parts = try place.run("ls", "--json").output.components(separatedBy: "\"kl\":").dropFirst()
            #expect(parts.count == 4, "one value for each of four runs")
            return parts.map { String($0.prefix { "+-.0123456789e".contains($0) }) }
        }
        try place.writeSpec(metrics: #""kl""#, samples: 500)
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let before = try values()
        // As text, 1000 sorts before 500.
        try place.writeSpec(metrics: #""kl""#, samples: 1000)
        let swept = try place.run("sweep", "tiny.json")
        #expect(swept.status == 0 && swept.errors.contains("4 to evaluate"), "\(swept.errors)")
        let after = try values()
        #expect(after.count == 4 && zip(before, after).allSatisfy { $0 != $1 })
        let rows = try place.json("report", "--metric", "kl", "--json")["rows"] as? [[String: Any]] ?? []
        #expect(rows.count == 2)
        for row in rows { #expect(row["metricParameters"] as? String == #"{"samples":1000}"#) }
        let found = try place.json("ls", "--json", "--where", "kl=\(after[0])")["runs"] as? [Any]
        #expect(found?.count == 1)
        let old = try place.json("ls", "--json", "--where", "kl=\(before[0])")["runs"] as? [Any]
        #expect(old?.isEmpty == true)
    }

    @Test("an edited spec makes a revision and reuses what both contain")
    func revision() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 1)
        #expect(try place.run("sweep", "tiny.json").status == 0)
        try place.writeSpec(seeds: 2)
        let result = try place.run("sweep", "tiny.json")
        #expect(result.status == 0)
        #expect(result.errors.contains("2 completed, 2 new") && result.errors.contains("+2 runs, −0, 2 kept"))
    }

    @Test("failed runs exit 1, stay failed, and start again with --retry-failed")
    func failures() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 3000, seeds: 1)
        let failed = try place.run("sweep", "tiny.json", "--timeout", "0.000001")
        #expect(failed.status == 1 && failed.errors.contains("timeout"), "\(failed.errors)")
        let again = try place.run("sweep", "tiny.json")
        #expect(again.status == 1 && again.errors.contains("--retry-failed"))
        let listed = try place.json("ls", "--json", "--where", "state=failed")
        #expect((listed["runs"] as? [Any])?.count == 2)
        let retried = try place.run("sweep", "tiny.json", "--retry-failed")
        #expect(retried.status == 0, "\(retried.errors)")
    }
}
