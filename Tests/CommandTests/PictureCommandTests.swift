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
        for part in ["<h2>kl</h2>", "<h2>mmd</h2>", "Posterior densities", "Training", "Provenance", "exact posterior"]
        {
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
