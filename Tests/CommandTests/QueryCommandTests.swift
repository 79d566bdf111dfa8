import Foundation
import Testing

/// `flowexp query`: SQL for people and scripts.
struct QueryCommandTests {
    @Test("rows come in every format, and a note says that nothing was verified")
    func formats() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 5)
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let table = try place.run("query", "SELECT state, count(*) AS n FROM runs GROUP BY state")
        #expect(table.status == 0 && table.output == "state      n\ncompleted  4\n", "\(table.output)")
        #expect(table.errors.contains("verifies no record hashes"))
        #expect(try place.run("query", "SELECT 1", "-q").errors.isEmpty)
        let values = #"SELECT NULL AS a, '' AS a, 'x,"y' AS b, 1.5 AS c, x'00ff' AS d, 9e999 AS e"#
        let csv = try place.run("query", values, "--format", "csv")
        #expect(csv.output == "a,a,b,c,d,e\r\n,\"\",\"x,\"\"y\",1.5,00ff,Infinity\r\n")
        let json = try place.json("query", values, "--json")
        #expect(json["schema"] as? String == "flowexp.query/1" && json["isCut"] as? Bool == false)
        #expect(json["columns"] as? [String] == ["a", "a", "b", "c", "d", "e"])
        let row = try #require((json["rows"] as? [[Any]])?.first)
        #expect(row[0] is NSNull && row[1] as? String == "" && row[3] as? Double == 1.5)
        #expect(row[4] as? String == "00ff" && row[5] as? String == "Infinity")
        let markdown = try place.run("query", "SELECT '<b>|' AS x", "--format", "markdown")
        #expect(markdown.output == "| x |\n| --- |\n| &lt;b&gt;\\| |\n")
        let hostile = try place.run("query", "SELECT char(27) || '[31m' || char(10) AS x")
        #expect(hostile.output == "x\n\\u{1b}[31m\\u{a}\n")
        let mmd = try place.run("query", "SELECT run, value FROM results WHERE metric = 'mmd'", "--format", "csv")
        #expect(mmd.output.split(separator: "\r\n").count == 5)
        let cut = try place.run("query", "SELECT run FROM runs", "--limit", "2")
        #expect(cut.status == 0 && cut.output.split(separator: "\n").count == 3 && cut.errors.contains("--limit"))
    }

    @Test("mistakes exit 64 with the nearest name and the views")
    func mistakes() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 5)
        #expect(try place.run("sweep", "tiny.json", "--limit", "1").status == 0)
        for (sql, says) in [
            ("SELECT vlaue FROM results", "did you mean 'value'"),
            ("SELECT r.vlaue FROM results r", "did you mean 'value'"),
            ("SELECT * FROM result", "did you mean 'results'"), ("SELEC 1", "syntax error"), ("", "no statement"),
            ("SELECT 1; SELECT 2", "more than one"), ("DELETE FROM sweeps", "only reads"),
            ("ATTACH 'x' AS y", "only reads"), ("PRAGMA writable_schema = ON", "only reads"),
            ("SELECT zeroblob(1000000000)", "64 MiB"),
        ] {
            let result = try place.run("query", sql)
            #expect(result.status == 64 && !result.wasKilled && result.output.isEmpty, "\(sql): \(result.errors)")
            #expect(result.errors.contains(says), "\(sql): \(result.errors)")
        }
        let views = try place.run("query", "SELECT vlaue FROM results").errors
        #expect(views.contains("history: run, step") && views.contains("runs: run, state"))
        #expect(try place.run("query", "SELECT 1", "--limit", "-1").status == 64)
        #expect(try place.run("query", "SELECT 1", "--json", "--format", "csv").status == 64)
        #expect(!FileManager.default.fileExists(atPath: place.path + "/x"))
    }

    @Test("an endless query ends by Ctrl-C, and by itself after --timeout")
    func endless() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 5)
        #expect(try place.run("sweep", "tiny.json", "--limit", "1").status == 0)
        let bomb = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x"
        let timed = try place.run("query", bomb, "--timeout", "1s")
        #expect(timed.status == 75 && timed.errors.contains("--timeout") && timed.output.isEmpty, "\(timed.errors)")
        let running = try place.start("query", bomb)
        // Long after the program has begun to listen for signals.
        running.awaitProcessorTime(0.3)
        running.signal(SIGINT)
        let result = running.wait()
        #expect(result.status == 75 && !result.wasKilled && result.output.isEmpty, "\(result.errors)")
    }
}
