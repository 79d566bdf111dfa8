import Foundation
import Testing

/// `flowexp metric` on files whose answers are known in closed form.
struct MetricCommandTests {
    private func value(_ place: Workplace, _ arguments: String...) throws -> Double {
        let result = try Program.run(["metric"] + arguments + ["--json"], in: place.path)
        #expect(result.status == 0, "\(result.errors)")
        let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(value?["metric"] as? String == arguments[0])
        return try #require(value?["value"] as? Double)
    }

    @Test("closed forms")
    func values() throws {
        let place = try Workplace()
        try place.write("x\n0\n1\n", to: "a.csv")
        try place.write("2\n3\n", to: "b.csv")
        // Everything moves by 2.
        #expect(try abs(value(place, "w1", "a.csv", "b.csv") - 2) < 1e-12)
        #expect(try abs(value(place, "w2", "a.csv", "b.csv") - 2) < 1e-12)
        #expect(try abs(value(place, "sliced-w2", "a.csv", "b.csv") - 2) < 1e-12)
        // Mean distance between: (2 + 3 + 1 + 2)/4; within: 1 and 1.
        #expect(try abs(value(place, "energy", "a.csv", "b.csv") - 2) < 1e-12)
        // h = 1: within e^{−1/2} twice, between the mean of e^{−2}, e^{−9/2}, e^{−1/2}, e^{−2}.
        let expected = 2 * exp(-0.5) - 2 * (2 * exp(-2) + exp(-4.5) + exp(-0.5)) / 4
        #expect(try abs(value(place, "mmd-median", "a.csv", "b.csv", "--bandwidth", "1") - expected) < 1e-12)
    }

    @Test("sizes, limits and text")
    func sizes() throws {
        let place = try Workplace()
        try place.write((0..<40).map { "\($0),\($0 % 3)\n" }.joined(), to: "a.csv")
        try place.write((0..<30).map { "\($0) \($0 % 5)\n" }.joined(), to: "b.txt")
        let json = try place.json("metric", "mmd", "a.csv", "b.txt", "--json")
        #expect(json["n"] as? [Int] == [40, 30] && json["bandwidth"] is Double && json["standardError"] is Double)
        #expect(
            try place.json("metric", "energy", "a.csv", "b.txt", "--limit", "20", "--json")["n"] as? [Int] == [20, 20])
        let text = try place.run("metric", "w2", "a.csv", "b.txt")
        #expect(text.status == 0 && text.output.hasPrefix("w2  ") && text.output.contains("n = 30, 30"))
        #expect(text.errors.contains("the first 30 of each file"))
        let piped = try Program.run(
            ["metric", "energy", "a.csv", "-", "--json"], in: place.path, input: place.path + "/b.txt")
        #expect(piped.status == 0 && piped.output.contains("[40, 30]"), "\(piped.output) \(piped.errors)")
    }

    @Test("columns are compared by their names, and the log density of draws is no coordinate")
    func names() throws {
        let place = try Workplace()
        try place.write("theta0,theta1\n1,2\n3,5\n4,1\n", to: "a.csv")
        try place.write("Theta1,Theta0,logprob\n2,1,-70\n5,3,-80\n1,4,-90\n", to: "b.csv")
        let result = try place.run("metric", "w2", "a.csv", "b.csv")
        #expect(result.output.hasPrefix("w2  0.0 "), "\(result.output)")
        #expect(result.errors.contains("b.csv: not used: 'logprob'"), "\(result.errors)")
    }

    @Test("mistakes end with the documented codes and say what and where")
    func mistakes() throws {
        let place = try Workplace()
        try place.write("1,2\n3,4\n", to: "two.csv")
        try place.write("1,2\n", to: "one.csv")
        try place.write("x,y\n1,2\n3,4\n", to: "named.csv")
        try place.write("a,b\n1,2\n3,4\n", to: "other.csv")
        try place.write("1\n2\n", to: "line.csv")
        try place.write("1,2\n3,inf\n", to: "infinite.csv")
        try place.write("1,1\n1,1\n", to: "same.csv")
        try place.write((0...10_000).map { "\($0)\n" }.joined(), to: "many.csv")
        // Arguments separated by blanks, exit code, part of the message.
        let mistakes: [(String, Int32, String)] = [
            ("mmd two.csv line.csv", 65, "two.csv: has 2 columns and line.csv has 1 column"),
            ("mmd two.csv infinite.csv", 65, "infinite.csv: line 2, column 2: inf"),
            ("mmd two.csv none.csv", 66, "none.csv"),
            ("mmd named.csv other.csv", 65, "named.csv: has the columns x,y and other.csv has a,b"),
            ("mmd two.csv two.csv --limit 1e1", 64, "write it as a whole number, 10"),
            ("energy two.csv one.csv", 65, "at least 2 points"),
            ("mmd same.csv two.csv", 65, "bandwidth"),
            ("w2 many.csv many.csv", 64, "--limit"),
            ("w1 two.csv two.csv --set nonsense=1", 64, "nonsense"),
        ]
        for (line, status, says) in mistakes {
            let arguments = line.split(separator: " ").map(String.init)
            let result = try Program.run(["metric"] + arguments, in: place.path)
            #expect(result.status == status && result.errors.contains(says), "\(arguments): \(result.errors)")
        }
    }
}
