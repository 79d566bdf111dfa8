import Foundation
import Testing

/// What people read, as files: the help of every command and the tables.
@Suite(.serialized) struct CommandSnapshotTests {
    /// Commands in the order of the help that lists them; `prefix` is the command that they belong to.
    private func subcommands(_ prefix: [String] = []) throws -> [[String]] {
        let help = try Program.run(prefix + ["--help"], in: "/").output
        let lines = help.split(separator: "\n")
        guard let start = lines.firstIndex(of: "SUBCOMMANDS:") else { return [] }
        return lines[(start + 1)...].prefix { $0.hasPrefix("  ") }.compactMap { line in
            // Continuation lines are indented further.
            guard !line.hasPrefix("   "), !line.contains("detailed help") else { return nil }
            return prefix + [String(line.dropFirst(2).prefix { $0 != " " })]
        }
    }

    @Test("the help of every command: examples first, nothing wider than 80 columns")
    func help() throws {
        var commands = try [[]] + subcommands()
        commands += try subcommands(["store"])
        #expect(commands.count > 30)
        for command in commands {
            let result = try Program.run(command + ["--help"], in: "/")
            let name = command.isEmpty ? "flowexp" : command.joined(separator: "-")
            #expect(result.status == 0 && result.errors.isEmpty, "\(name)")
            try Snapshots.check(result.output, "help/" + name)
            let blocks = result.output.components(separatedBy: "\n\n")
            #expect(blocks[0].hasPrefix("OVERVIEW: ") && blocks[1].hasPrefix("Examples:\n"), "\(name)")
            // An example that is too long goes on at the margin of the next line.
            for line in blocks[1].split(separator: "\n").dropFirst() {
                #expect(line.hasPrefix("  "), "\(name): \(line)")
            }
            for line in result.output.split(separator: "\n") { #expect(line.count <= 80, "\(name): \(line)") }
        }
        let names = commands.map { $0.isEmpty ? "flowexp" : $0.joined(separator: "-") }
        #expect(try Snapshots.names(in: "help") == names.sorted(), "a file of a command that there is no more?")
    }

    @Test("what list and describe print")
    func catalogs() throws {
        for kind in ["tasks", "bases", "bijections", "objectives", "metrics"] {
            try Snapshots.check(try Program.run(["list", kind], in: "/").output, "list/" + kind)
        }
        for name in ["two-moons", "gmm", "spline", "amortised", "mmd", "kl-over-x"] {
            try Snapshots.check(try Program.run(["describe", name], in: "/").output, "describe/" + name)
        }
    }

    @Test("the plan and the tables of a sweep")
    func tables() throws {
        let place = try Workplace()
        try place.writeSpec()
        // One instruction set has the same bits on every machine.
        let portable = ["FLOWEXP_ISA": "portable", "COLUMNS": "100"]
        func print(_ name: String, _ arguments: String...) throws {
            let result = try Program.run(arguments, in: place.path, environment: portable)
            #expect(result.status == 0, "\(name): \(result.errors)")
            try Snapshots.check(Snapshots.masked(result.output, store: place.path), "tables/" + name)
        }
        try print("plan", "sweep", "tiny.json", "--dry-run", "-j", "2")
        try print("resolved", "validate", "tiny.json", "--resolved")
        let sweep = try Program.run(["sweep", "tiny.json", "-j", "1"], in: place.path, environment: portable)
        #expect(sweep.status == 0)
        let talk = sweep.errors.split(separator: "\n").filter { !$0.contains(" %  ") }.joined(separator: "\n")
        try Snapshots.check(talk + "\n", "tables/sweep")
        let again = try Program.run(["sweep", "tiny.json", "-j", "1"], in: place.path, environment: portable)
        try Snapshots.check(again.errors, "tables/sweep-again")
        try print("ls", "ls", "--metric", "mmd")
        try print("status", "status")
        try print("report", "report", "--metric", "mmd")
        try print("report-markdown", "report", "--metric", "mmd", "--format", "markdown")
        try print("show", "show", "--where", "base=gmm and seed=0")
        let runs = try #require(try place.json("ls", "--json")["runs"] as? [[String: Any]])
        let ids = runs.compactMap { $0["id"] as? String }.sorted()
        try print("diff", "diff", ids[0], ids[1])
        try print("query", "query", "SELECT metric, round(value, 6) AS value FROM results ORDER BY run")
        // Runs that failed, were interrupted and were never begun stand in the report's own snapshots.
    }
}
