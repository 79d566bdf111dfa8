import Foundation
import Testing

/// What people get wrong, one row each: what is said (what, where, the nearest name or the remedy) and the exit code that
/// docs/commands.md promises. Nothing is created by a mistake.
@Suite(.serialized) struct UserMistakesTests {
    /// `RUN` stands for a run's id.
    private static let mistakes: [(arguments: [String], status: Int32, says: [String])] = [
        // Commands and options.
        (["swep"], 64, ["unknown command 'swep'", "did you mean 'sweep'", "flowexp --help"]),
        (["store", "digst"], 64, ["unknown command 'digst'", "did you mean 'digest'"]),
        (["sweep"], 64, ["<spec>", "The experiment's file"]),
        (["ls", "--jsn"], 64, ["--jsn", "'--json'"]),
        (["sweep", "tiny.json", "-j", "0"], 64, ["-j 0", "1 to 1024"]),
        (["sweep", "tiny.json", "-j", "-2"], 64, ["-j -2", "1 to 1024"]),
        (["sweep", "tiny.json", "--limit", "-3"], 64, ["--limit -3", "from 0"]),
        (["sweep", "tiny.json", "--limit", "1e3"], 64, ["write it as a whole number, 1000"]),
        (["sweep", "tiny.json", "--limit", "few"], 64, ["'few'", "expected a whole number"]),
        (["sweep", "tiny.json", "--timeout", "soon"], 64, ["soon", "90s, 15m, 2h"]),
        (["sweep", "tiny.json", "--where", "task="], 64, ["column 6", "Example"]),
        (["sweep", "tiny.json", "--where", "tsk=ring"], 64, ["'tsk'", "did you mean 'task'"]),
        (["report", "--metric", "mmd", "--format", "pdf"], 64, ["pdf", "'latex'"]),
        (["report", "--metric", "mmd", "--test", "wilcox"], 64, ["did you mean 'wilcoxon'"]),
        (["report", "--metric", "mmd", "--all", "tiny"], 64, ["not both"]),
        (["list", "taks"], 64, ["taks", "'tasks'"]),
        (["describe", "two-mons"], 64, ["did you mean 'two-moons'"]),
        (["completions", "zhs"], 64, ["did you mean 'zsh'"]),
        (["bench", "--workload", "sweep-61"], 64, ["did you mean 'sweep-16'"]),
        // Files.
        (["sweep", "nothing.json"], 66, ["nothing.json", "No such file"]),
        (["sweep", "folder"], 66, ["folder", "directory"]),
        (["sweep", "empty.json"], 65, ["empty.json:1:1", "write an object"]),
        (["sweep", "list.json"], 65, ["list.json:1:1", "an experiment is an object"]),
        (["sweep", "syntax.json"], 65, ["syntax.json:1:14", "expected ','"]),
        (["sweep", "typo.json"], 65, ["typo.json:1:20", "did you mean 'two-moons'"]),
        (["sweep", "type.json"], 65, ["type.json:1:47", "training.steps", "\"many\""]),
        (["sweep", "axis.json"], 65, ["sweep.base.component", "did you mean 'base.components'"]),
        (["sweep", "twice.json"], 65, ["duplicate key \"name\"", "1:2"]),
        (["sweep", "huge.json"], 65, ["200 000 runs"]),
        (["validate", "typo.json"], 65, ["typo.json:1:20"]),
        (["logprob", "RUN", "ragged.csv"], 65, ["ragged.csv: line 3", "1 column where the first row has 2"]),
        (["logprob", "RUN", "wide.csv"], 65, ["3 columns", "2 coordinates"]),
        (["logprob", "RUN", "names.csv"], 65, ["no column theta0", "its first line names a,b", "theta0,theta1"]),
        (["logprob", "RUN", "nothing.csv"], 66, ["nothing.csv"]),
        (["logprob", "RUN", "bad.npy"], 65, ["ends inside its header", "numpy.save"]),
        (["metric", "mmd", "points.csv", "wide.csv"], 65, ["2 columns", "3 columns", "same dimension"]),
        (["metric", "mdm", "points.csv", "points.csv"], 64, ["did you mean 'mmd'"]),
        (["sample", "RUN", "-o", "none/x.csv"], 73, ["none/x.csv", "No such file or directory"]),
        (["sample", "RUN", "-o", "points.csv"], 73, ["exists", "--force"]),
        (["export", "RUN", "--output", "points.csv"], 73, ["points.csv", "File exists"]),
        (["report", "--metric", "mmd", "--html", "none/x.html"], 73, ["none/x.html"]),
        // Stores, sweeps and runs.
        (["ls", "--store", "nothing"], 66, ["there is no store here", "flowexp sweep SPEC"]),
        (["ls", "--store", "tiny.json"], 66, ["tiny.json"]),
        (["sweep", "tiny.json", "--store", "tiny.json/runs"], 73, ["tiny.json"]),
        (["status", "tny"], 66, ["there is no sweep 'tny'; did you mean 'tiny'?\n  `flowexp status`"]),
        (["report", "tny", "--metric", "mmd"], 66, ["did you mean 'tiny'"]),
        (["resume", "tny"], 66, ["did you mean 'tiny'"]),
        (["plot", "tny", "--output", "x"], 66, ["did you mean 'tiny'"]),
        (["report", "--metric", "mdm"], 64, ["did you mean 'mmd'", "There are: mmd"]),
        // A metric that nobody measured is no mistyped one.
        (["report", "--metric", "w2"], 64, ["not measured on these runs yet", "flowexp evaluate tiny --metric w2"]),
        (
            ["ls", "--metric", "mode-tv"], 64,
            ["not measured on these runs yet", "flowexp evaluate tiny --metric mode-tv"]
        ),
        (
            ["plot", "tiny", "--metric", "mmd,kl", "-o", "x"], 64,
            ["'kl' is not measured", "evaluate tiny --metric kl"]
        ),
        (["report", "--metric", "posterior-gap"], 64, ["'posterior-gap' is measured on amortised runs only"]),
        (["ls", "--metric", "mode-tw"], 64, ["there is no metric 'mode-tw'; did you mean 'mode-tv'?"]),
        (["evaluate", "--metric", "foo"], 64, ["there is no metric 'foo'", "There are: kl"]),
        (["evaluate", "--metric", "posterior-gap"], 64, ["measured on amortised runs only, and tiny has none"]),
        (["show", "--where", "base=gnm"], 66, ["no run has base=gnm; did you mean 'gmm'?", "flowexp ls"]),
        (["rm", "--where", "state=compleet"], 66, ["no run has state=compleet; did you mean 'completed'?"]),
        (["report", "--metric", "mmd", "--output", "x.csv"], 64, ["no --output here", "--format csv > x.csv"]),
        (["report", "--metric", "mmd", "--by", "bas"], 64, ["did you mean 'base'", "axes that vary"]),
        (
            ["report", "--metric", "mmd", "--baseline", "base=gausian"], 64,
            ["values: gaussian, gmm; did you mean 'gaussian'?"]
        ),
        (["report", "--metric", "mmd", "--baseline", "gaussian"], 64, ["path=value", "base=gaussian"]),
        (["show", "zzz"], 66, ["there is no run 'zzz'", "flowexp ls"]),
        (["show", "xyz!"], 66, ["no run can be called so"]),
        (["sample", "RUN", "--count", "0"], 64, ["--count 0", "from 1"]),
        (["sample", "RUN", "--observation", "1"], 64, ["its task's own observation", "amortised"]),
        (["diff", "RUN", "zz"], 66, ["there is no run 'zz'"]),
        (["rm", "nothing"], 66, ["no sweep or run 'nothing'", "flowexp status"]),
        (["store", "merge", "nothing"], 66, ["there is no store here"]),
        (["store", "restore", "x"], 66, ["no trash entry 'x'", "flowexp store trash"]),
        (["query", "SELECT valu FROM results"], 64, ["did you mean 'value'", "results:"]),
        (["query", "DELETE FROM runs"], 64, ["cannot modify"]),
        (["evaluate", "--metric", "mdm"], 64, ["did you mean 'mmd'"]),
    ]

    private static let files = [
        "empty.json": "", "list.json": "[]", "syntax.json": #"{"name": "x" "task": 3}"#,
        "typo.json": #"{"name":"x","task":"two-mons"}"#,
        "type.json": #"{"name":"x","task":"ring","training":{"steps":"many"}}"#,
        "axis.json": #"{"name":"x","task":"ring","sweep":{"base.component":[1]}}"#,
        "twice.json": #"{"name":"x","task":"ring","name":"y"}"#,
        "huge.json": #"{"name":"x","task":"ring","sweep":{"seeds":100000,"flow.couplingLayers":[1,2]}}"#,
        "points.csv": "1,2\n3,4\n", "ragged.csv": "a,b\n1,2\n3\n", "wide.csv": "1,2,3\n",
        "names.csv": "a,b\n1,2\n",
    ]

    @Test("every mistake says what, where and how to mend it, with its exit code, and leaves nothing")
    func table() throws {
        #expect(Self.mistakes.count >= 40)
        let place = try Workplace()
        try place.writeSpec()
        for (name, text) in Self.files { try place.write(text, to: name) }
        try Data([0x93] + Array("NUMPY\u{1}\u{0}v\u{0}".utf8)).write(to: URL(fileURLWithPath: place.path + "/bad.npy"))
        try FileManager.default.createDirectory(atPath: place.path + "/folder", withIntermediateDirectories: false)
        #expect(try place.run("sweep", "tiny.json", "-q").status == 0)
        let runs = try #require(try place.json("ls", "--json")["runs"] as? [[String: Any]])
        let id = try #require(runs.first?["id"] as? String)
        let before = try FileManager.default.subpathsOfDirectory(atPath: place.path).sorted()
        for (arguments, status, says) in Self.mistakes {
            let result = try Program.run(arguments.map { $0 == "RUN" ? id : $0 }, in: place.path)
            let what = arguments.joined(separator: " ")
            #expect(result.status == status && !result.wasKilled, "\(what): \(result.errors)")
            for text in says { #expect(result.errors.contains(text), "\(what): no \(text) in: \(result.errors)") }
            // A report whose page cannot be written has printed its table before.
            if !arguments.contains("--html") { #expect(result.output.isEmpty, "\(what): \(result.output)") }
        }
        // Nothing found is no mistake for a script; a person is told which value no run has.
        let none = try place.run("ls", "--where", "state=compleet or base=gnm")
        #expect(none.status == 0 && none.output == "no runs\n", "\(none.output)")
        #expect(none.errors.contains("no run has state=compleet; did you mean 'completed'?"), "\(none.errors)")
        #expect(none.errors.contains("no run has base=gnm; did you mean 'gmm'?"), "\(none.errors)")
        let unselected = try place.run("sweep", "tiny.json", "--where", "base=gnm", "--dry-run")
        #expect(unselected.output.contains("  no run has base=gnm; did you mean 'gmm'?\n"), "\(unselected.output)")
        #expect(try FileManager.default.subpathsOfDirectory(atPath: place.path).sorted() == before)
    }
}
