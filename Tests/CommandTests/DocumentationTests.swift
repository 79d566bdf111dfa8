import Foundation
import Testing

/// The pages say nothing that is not there: links, files, commands, options, metrics, columns, exit codes.
struct DocumentationTests {
    @Test("links lead to files and headings that exist", arguments: DocumentationFile.all)
    func links(file: DocumentationFile) throws {
        let directory = file.path.contains("/") ? "docs/" : ""
        for link in file.links {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let path = parts[0].isEmpty ? file.path : Self.normalized(directory + parts[0])
            #expect(DocumentationFile.exists(path), "\(file.path) links to \(link)")
            guard parts.count == 2, path.hasSuffix(".md") else { continue }
            let target = try #require(DocumentationFile.named(path))
            #expect(target.anchors.contains(parts[1]), "\(file.path) links to \(link)")
        }
    }

    @Test("files that are named exist", arguments: DocumentationFile.all.filter { $0.path != "CHANGELOG.md" })
    func files(file: DocumentationFile) {
        let places = /(?:docs|experiments|Sources|Tests|Scripts|Benchmarks)\/[A-Za-z0-9_.\/+-]*[A-Za-z0-9]/
        for quoted in file.quoted + file.commands.flatMap({ $0 }) {
            guard let path = quoted.prefixMatch(of: places)?.output else { continue }
            // Pages tell how to add a file, `docs/extending.md` above all: such names say so with "My".
            if path.contains("/My") || quoted.contains("*") { continue }
            #expect(DocumentationFile.exists(String(path)), "\(file.path): \(quoted)")
        }
    }

    @Test("commands and their options exist", arguments: DocumentationFile.all.filter { $0.path != "CHANGELOG.md" })
    func commands(file: DocumentationFile) throws {
        for words in file.commands where words.first.map({ !$0.hasPrefix("-") && !$0.isEmpty }) == true {
            guard words[0] == words[0].lowercased() else { continue }
            let help = try Self.help(of: words)
            #expect(help != nil, "\(file.path): there is no command in 'flowexp \(words.joined(separator: " "))'")
            for word in words where word.hasPrefix("--") {
                let option = String(word.prefix { $0 != "=" })
                let isKnown = help?.contains(option) ?? false
                #expect(isKnown, "\(file.path): no \(option) in 'flowexp \(words.joined(separator: " "))'")
            }
        }
    }

    /// docs/performance.md also has options of scripts.
    @Test("options that stand alone belong to some command")
    func options() throws {
        var help = try Program.run(["--help"], in: DocumentationFile.repository.path).output
        for name in try Self.subcommands([]) where name != "help" { help += try Self.help(of: [name]) ?? "" }
        for name in try Self.subcommands(["store"]) { help += try Self.help(of: ["store", name]) ?? "" }
        let known = Set(help.matches(of: /--[a-z-]+/).map { String($0.output) })
        for file in DocumentationFile.all where !["CHANGELOG.md", "docs/performance.md"].contains(file.path) {
            for quoted in file.quoted {
                guard let option = quoted.prefixMatch(of: /--[a-z-]+/)?.output else { continue }
                #expect(known.contains(String(option)), "\(file.path): \(quoted)")
            }
        }
    }

    @Test("every command has its row in docs/commands.md")
    func everyCommand() throws {
        let page = try #require(DocumentationFile.named("docs/commands.md"))
        let rows = page.text.split(separator: "\n").filter { $0.hasPrefix("| `") }.joined(separator: "\n")
        for name in try Self.subcommands([]) where name != "help" {
            #expect(rows.contains("`\(name) ") || rows.contains("`\(name)`"), "\(name)")
        }
        for name in try Self.subcommands(["store"]) { #expect(rows.contains("`store \(name)"), "store \(name)") }
    }

    @Test(
        "everything that a spec can name is explained",
        arguments: [
            ("metrics", "docs/metrics.md"), ("tasks", "docs/tasks.md"), ("bases", "docs/training.md"),
            ("bases", "docs/choosing-a-base.md"), ("bases", "docs/export.md"), ("bijections", "docs/training.md"),
            ("objectives", "docs/training.md"),
        ])
    func everyName(kind: String, path: String) throws {
        let page = try #require(DocumentationFile.named(path))
        let place = try Workplace()
        let components = try #require(
            try place.json("list", kind, "--json")["components"] as? [[String: Any]])
        try #require(!components.isEmpty)
        for name in components.compactMap({ $0["name"] as? String }) {
            #expect(page.text.contains("`\(name)`") || page.text.contains("\"\(name)\"`"), "\(name) in \(path)")
        }
    }

    @Test(
        "docs/query.md lists the columns of the views as they are",
        arguments: ["runs", "results", "history", "sweep_revisions"])
    func columns(view: String) throws {
        let page = try #require(DocumentationFile.named("docs/query.md"))
        let section = try #require(page.text.components(separatedBy: "\n## `\(view)`").dropFirst().first)
        let table = section.components(separatedBy: "\n## ")[0]
        let documented = table.split(separator: "\n").compactMap {
            $0.prefixMatch(of: /\| `([a-z_]+)` \|/).map { String($0.output.1) }
        }
        let place = try Workplace()
        try place.writeSpec(steps: 1)
        #expect(try place.run("sweep", "tiny.json", "--limit", "1").status == 0)
        let real = try place.json("query", "SELECT * FROM \(view) LIMIT 1", "--json")["columns"] as? [String]
        #expect(documented == real, "\(view)")
    }

    @Test("the table of exit codes has every code, and no other")
    func exitCodes() throws {
        let page = try #require(DocumentationFile.named("docs/commands.md"))
        let section = try #require(page.text.components(separatedBy: "\n## Exit codes\n").dropFirst().first)
        let documented = section.matches(of: /(?m)^\| ([0-9]+) \|/).compactMap { Int($0.output.1) }
        let source = DocumentationFile.repository.appending(path: "Sources/flowexp/Support/ExitStatus.swift")
        let real = try String(contentsOf: source, encoding: .utf8).matches(of: /case [a-zA-Z]+ = ([0-9]+)/)
            .compactMap { Int($0.output.1) }
        #expect(real.count > 5 && documented == real)
    }

    @Test("docs/README.md leads to every page")
    func index() throws {
        let index = try #require(DocumentationFile.named("docs/README.md"))
        let targets = Set(index.links.map { String($0.prefix { $0 != "#" }) })
        for file in DocumentationFile.all where file.path.hasPrefix("docs/") && file.path != index.path {
            #expect(targets.contains(String(file.path.dropFirst(5))), "\(file.path)")
        }
    }

    /// `docs/../experiments/x.json` as `experiments/x.json`.
    private static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            if part == "..", parts.last != nil, parts.last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// The help of the command that the words begin with; nil when there is none.
    private static func help(of words: [String]) throws -> String? {
        let place = try Workplace()
        let isNested = words[0] == "store" && words.count > 1
        let result = try Program.run(Array(words.prefix(isNested ? 2 : 1)) + ["--help"], in: place.path)
        return result.status == 0 ? result.output : nil
    }

    private static func subcommands(_ command: [String]) throws -> [String] {
        let place = try Workplace()
        let help = try Program.run(command + ["--help"], in: place.path).output
        let list = try #require(help.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().first)
        let names = list.matches(of: /(?m)^  ([a-z]+)( |$)/).map { String($0.output.1) }
        try #require(!names.isEmpty)
        return names
    }
}
