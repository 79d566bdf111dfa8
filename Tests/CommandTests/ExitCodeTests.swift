import Foundation
import Testing

/// Exit codes and messages of commands that end early.
struct ExitCodeTests {
    @Test(
        "usage errors exit 64 and say what is known",
        arguments: [
            (["swep"], "did you mean 'sweep'"), (["report"], "--metric"), (["sweep"], "spec"),
            (["ls", "--jsn"], "--json"), (["sweep", "spec.json", "-j", "0"], "1 to 1024"),
            (["sweep", "spec.json", "-j", "two"], "two"), (["sweep", "spec.json", "--timeout", "soon"], "soon"),
            (["ls", "--where", "task="], "column 6"), (["report", "--metric", "mmd", "--format", "pdf"], "table"),
            (["report", "--metric", "mmd", "--all", "tiny"], "not both"),
            (["report", "--metric", "mmd", "--interval", "bootsrap"], "did you mean 'bootstrap'"),
            (["report", "--metric", "mmd", "--test", "wilcox"], "did you mean 'wilcoxon'"),
            (["report", "--metric", "mmd", "--summary", "median"], "mean, iqm"), (["ls", "-q", "-v"], "exclude"),
            (["list", "taks"], "tasks"), (["describe", "two-mons"], "did you mean 'two-moons'"),
            (["store", "digst"], "digst"), (["rm"], "--where"), (["store", "merge"], "other"),
            (["store", "restore"], "entry"),
            (["store", "trash", "--older-than", "30d"], "--empty"),
            (["store", "trash", "--empty", "--older-than", "x"], "x"), (["sample"], "--where"),
            (["sample", "ab", "--where", "seed=0"], "not both"),
            (["sample", "ab", "--count", "0"], "--count 0"), (["sample", "ab", "--observation", "1,,2"], "part 2"),
            (["sample", "ab", "--observation", "-1,nan"], "part 2"), (["sample", "ab", "--format", "xml"], "csv, npy"),
            (["sample", "ab", "--json", "--format", "npy"], "contradict"), (["logprob", "ab"], "RUN POINTS.csv"),
            (["logprob", "--where", "seed=0", "ab", "p.csv"], "alone"), (["export", "ab"], "--output"),
            (["logprob", "ab", "p.csv", "--observation", "1", "--observations", "x.csv"], "not both"),
            (["metric", "mdm", "a.csv", "b.csv"], "did you mean 'mmd'"), (["metric", "mmd", "-", "-"], "Only one"),
            (["metric", "mmd", "a.csv", "b.csv", "--bandwidth", "-1"], "bandwidth"),
            (["metric", "mmd", "a.csv", "b.csv", "--set", "x"], "name=value"),
        ])
    func usage(arguments: [String], says: String) throws {
        let place = try Workplace()
        let result = try Program.run(arguments, in: place.path)
        #expect(result.status == 64 && !result.wasKilled)
        #expect(result.errors.contains(says), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test(
        "help exits 0 on standard output, examples first",
        arguments: ["sweep", "report", "ls", "show", "status", "sample", "logprob", "metric", "export", "rm", "doctor"])
    func help(command: String) throws {
        let place = try Workplace()
        let result = try place.run(command, "--help")
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        let examples = try #require(result.output.range(of: "Examples:"))
        let usage = try #require(result.output.range(of: "USAGE:"))
        #expect(examples.lowerBound < usage.lowerBound)
        let bare = try place.run()
        #expect(bare.status == 0 && bare.output.contains("flowexp sweep"))
    }

    @Test("what does not exist exits 66 and nothing is created")
    func missing() throws {
        let place = try Workplace()
        for arguments in [
            ["ls"], ["status"], ["resume"], ["report", "--metric", "mmd"], ["store", "digest"], ["show", "ab"],
            ["sample", "ab"],
            ["logprob", "ab", "p.csv"], ["export", "ab", "--output", "flow"], ["rm", "ab"], ["store", "gc"],
            ["store", "merge", "other"], ["store", "trash"], ["store", "restore", "x"],
        ] {
            let result = try Program.run(arguments, in: place.path)
            #expect(result.status == 66, "\(arguments): \(result.errors)")
            #expect(result.errors.contains("flowexp sweep"))
        }
        #expect(try place.run("sweep", "nothing.json").status == 66)
        #expect(try place.run("validate", "nothing.json").status == 66)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test("a bad spec exits 65 with every mistake at once, and no store is made")
    func badSpec() throws {
        let place = try Workplace()
        try place.write(
            #"{"name": "bad", "task": "two-mons", "training": {"stepz": 3}, "sweep": {"seeds": 2}}"#, to: "bad.json")
        for command in ["sweep", "validate"] {
            let result = try place.run(command, "bad.json")
            #expect(result.status == 65)
            #expect(result.errors.contains("bad.json:1:"))
            #expect(result.errors.contains("two-moons") && result.errors.contains("steps"))
        }
        let json = try place.json("validate", "bad.json", "--json")
        #expect(json["valid"] as? Bool == false)
        #expect((json["diagnostics"] as? [Any])?.count == 2)
        #expect(!FileManager.default.fileExists(atPath: place.path + "/runs"))
    }

    @Test("a store that cannot be created exits 73")
    func cannotCreate() throws {
        let place = try Workplace()
        try place.writeSpec()
        try place.write("a file", to: "occupied")
        let result = try place.run("sweep", "tiny.json", "--store", "occupied/runs")
        #expect(result.status == 73, "\(result.errors)")
    }

    @Test("a full disk under the output exits 74")
    func fullOutput() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let place = try Workplace()
        let result = try place.run("list", "tasks", output: "/dev/full")
        #expect(result.status == 74, "\(result.errors)")
    }

    @Test("the version names what decides the numbers")
    func version() throws {
        let place = try Workplace()
        let text = try place.run("--version")
        #expect(text.status == 0 && text.output.contains("numerics variant") && text.output.contains("SQLite 3."))
        let json = try place.json("--version", "--json")
        #expect(json["schema"] as? String == "flowexp.version/1")
        #expect((json["numericsVariant"] as? String)?.isEmpty == false)
    }

    @Test("catalogs are listed and described")
    func catalogs() throws {
        let place = try Workplace()
        #expect(try place.run("list", "tasks").output.contains("two-moons"))
        #expect(try place.run("list", "metrics").output.contains("d-plus"))
        let described = try place.json("describe", "gmm", "--json")
        let first = (described["components"] as? [[String: Any]])?.first
        #expect(first?["kind"] as? String == "base")
        #expect(try place.run("list", "metrics").output.contains("sbc"))
        #expect(try place.run("describe", "tarp").output.contains("Lemos"))
        #expect(try place.run("describe", "c2st-exact-over-x").output.contains("fixedSamples"))
        #expect(try place.run("describe", "sbd").errors.contains("did you mean 'sbc'"))
        #expect((first?["parameters"] as? [Any])?.isEmpty == false)
    }
}
