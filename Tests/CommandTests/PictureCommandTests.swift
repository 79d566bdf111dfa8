import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// `report --html`, `plot`, `diff` and `schema` as a user types them.
struct PictureCommandTests {
    private func sweep() throws -> Workplace {
        let place = try Workplace()
        try place.writeSpec(steps: 300, metrics: #""mmd", "kl""#)
        #expect(try place.run("sweep", "tiny.json", "-q").status == 0)
        return place
    }

    @Test("one HTML file with the table, the pictures and where they come from; the table is printed as well")
    func html() throws {
        let place = try sweep()
        let result = try place.run("report", "--metric", "kl,mmd", "--html", "page.html")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("two-moons") && result.errors.contains("page.html"))
        let text = String(
            decoding: FileManager.default.contents(atPath: place.path + "/page.html") ?? Data(), as: UTF8.self)
        for part in [">kl</h2>", ">mmd</h2>", "Posterior densities", "Training", "Provenance", "exact posterior"] {
            #expect(text.contains(part), "\(part)")
        }
        let digest = try place.run("store", "digest").output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(text.contains(digest) && text.contains("comments are allowed"))
        #expect(text.utf8.count < 1_000_000)
        // Again: a page is replaced, and nothing else lies about.
        #expect(try place.run("report", "--metric", "kl", "--html", "page.html", "-q").status == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() == [
                "page.html", "runs", "tiny.json",
            ])
        let nowhere = try place.run("report", "--metric", "kl", "--html", "none/page.html")
        #expect(nowhere.status == 73, "\(nowhere.errors)")
    }

    @Test("the command in a page's provenance, run by a shell, makes the same page", arguments: [false, true])
    func provenance(isAsked: Bool) throws {
        let place = try sweep()
        let options =
            isAsked
            ? [
                "--by", "base", "--baseline", "base=gmm", "--interval", "bootstrap", "--test", "wilcoxon", "--summary",
                "iqm", "--improvement",
            ] : []
        let page = place.path + "/it's $HOME & \"more\".html"
        let first = try Program.run(
            ["report", "--metric", "kl,mmd", "--html", page, "-q"] + options, in: place.path)
        #expect(first.status == 0, "\(first.errors)")
        let before = try Self.page(page)
        let command = try #require(before.command)
        for option in options { #expect(command.contains(option)) }
        try FileManager.default.removeItem(atPath: page)
        // In another folder, and by a shell: nothing but the command's own words says what to do.
        let again = try Self.shell("cd / && " + command)
        #expect(again == 0)
        let after = try Self.page(page)
        #expect(after.command == command && after.rest == before.rest)
    }

    /// The exit status of a command line with `flowexp` on the path and none of its variables set.
    private static func shell(_ line: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", line]
        var variables = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("FLOWEXP_") || $0.key == "FLOWEXP_ISA"
        }
        let folder = URL(fileURLWithPath: Program.path).deletingLastPathComponent().path
        variables["PATH"] = folder + ":" + (variables["PATH"] ?? "/usr/bin:/bin")
        process.environment = variables
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// A page without the time at which it was written, and its command.
    private static func page(_ path: String) throws -> (command: String?, rest: String) {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let written = try #require(text.firstMatch(of: /<dt>written<\/dt><dd>[^<]*<\/dd>/))
        let command = text.firstMatch(of: /<dd><code>([^<]*)<\/code>/).map { String($0.1) }
        let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .reduce(command) { text, pair in text?.replacing(pair.0, with: pair.1) }
        return (plain, text.replacing(written.0, with: ""))
    }

    @Test("a page shows what metrics that nobody asked for know: calibration, the mass between modes")
    func unaskedMetrics() throws {
        let place = try Workplace()
        let spec = """
            {
              "name": "calibrated", "task": "quadratic-2d", "base": {"name": "gmm", "components": 2},
              "flow": {"couplingLayers": 2}, "training": {"objective": "amortised", "steps": 20},
              "evaluation": {"metrics": ["kl", "bridge-mass", "sbc"]}, "sweep": {"seeds": 1}
            }
            """
        try place.write(spec, to: "calibrated.json")
        let swept = try place.run("sweep", "calibrated.json", "-q")
        #expect(swept.status == 0, "\(swept.errors)")
        let result = try place.run("report", "--metric", "kl", "--html", "page.html", "-q")
        #expect(result.status == 0, "\(result.errors)")
        let text = try String(contentsOfFile: place.path + "/page.html", encoding: .utf8)
        #expect(text.contains("<h2 id=\"part-kl-title\">") && !text.contains("<h2 id=\"part-sbc-title\">"))
        #expect(text.contains("ranks of the truth among draws") && text.contains("mass between modes"))
    }

    @Test("pictures as SVG, each with its numbers, of a sweep and of one run")
    func plot() throws {
        let place = try sweep()
        let result = try place.run("plot", "tiny", "--output", "figures")
        #expect(result.status == 0, "\(result.errors)")
        let paths = result.output.split(separator: "\n").map(String.init)
        #expect(paths.contains("figures/density-two-moons-0-1.svg"))
        for path in paths {
            let svg = try #require(FileManager.default.contents(atPath: place.path + "/" + path))
            #expect(XMLParser(data: svg).parse(), "\(path)")
            #expect(FileManager.default.fileExists(atPath: place.path + "/" + path.dropLast(3) + "csv"))
        }
        let id = try #require((try place.json("ls", "--json")["runs"] as? [[String: Any]])?.first?["id"] as? String)
        let one = try place.json("plot", String(id.prefix(12)), "--output", "one", "--json")
        #expect((one["figures"] as? [[String: Any]])?.count ?? 0 >= 3)
        let unknown = try place.run("plot", "tny", "--output", "x")
        #expect(unknown.status == 66 && unknown.errors.contains("did you mean 'tiny'"), "\(unknown.errors)")
        #expect(!FileManager.default.fileExists(atPath: place.path + "/x"))
    }

    @Test("two runs side by side")
    func diff() throws {
        let place = try sweep()
        let runs = try #require(try place.json("ls", "--json")["runs"] as? [[String: Any]])
        let ids = runs.compactMap { $0["id"] as? String }
        let text = try place.run("diff", ids[0], ids[1])
        #expect(text.status == 0 && text.output.contains("settings that differ"), "\(text.errors)")
        let json = try place.json("diff", ids[0], ids[0], "--json")
        #expect((json["settings"] as? [Any])?.isEmpty == true && json["historyEqual"] as? Bool == true)
        #expect(try place.run("diff", ids[0], "zz").status == 66)
    }

    @Test("completion scripts", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let place = try Workplace()
        let script = try place.run("completions", shell)
        #expect(script.status == 0 && script.output.contains("flowexp") && script.output.contains("sweep"))
        let mistake = try place.run("completions", shell + "x")
        #expect(mistake.status == 64 && mistake.errors.contains("did you mean '\(shell)'"), "\(mistake.errors)")
    }

    @Test("the schema is JSON and names what a spec can say")
    func schema() throws {
        let place = try Workplace()
        let schema = try place.json("schema", "-q")
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        #expect((schema["properties"] as? [String: Any])?["sweep"] != nil)
    }
}
