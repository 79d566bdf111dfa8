import Foundation
import Testing

/// `sample`, `logprob` and `export` on a small sweep.
struct TrainedPosteriorCommandTests {
    /// A store with one run of each of two bases.
    private func swept() throws -> Workplace {
        let place = try Workplace()
        try place.writeSpec(seeds: 1, metrics: #""kl""#)
        #expect(try place.run("sweep", "tiny.json", "-q").status == 0)
        return place
    }

    private func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

    @Test("draws are csv with a header, a prefix of any longer draw, others with another seed")
    func sample() throws {
        let place = try swept()
        let whole = try place.run("sample", "--where", "base=gmm")
        #expect(whole.status == 0 && whole.errors.contains("1 000 draws"), "\(whole.errors)")
        let rows = lines(whole.output)
        #expect(rows.count == 1001 && rows[0] == "theta0,theta1")
        // Two moons: the posterior lies within the prior's box, about 2 from the origin.
        for row in rows.dropFirst() {
            let point = row.split(separator: ",").compactMap { Double($0) }
            #expect(point.count == 2 && point.allSatisfy { abs($0) < 20 })
        }
        #expect(Set(rows).count == 1001)
        let few = try place.run("sample", "--where", "base=gmm", "--count", "7", "-q")
        #expect(lines(few.output) == Array(rows.prefix(8)) && few.errors.isEmpty)
        // More than one block of 65 536.
        let many = try place.run("sample", "--where", "base=gmm", "-c", "65600", "-q")
        #expect(lines(many.output).count == 65_601 && many.output.hasPrefix(whole.output))
        let other = try place.run("sample", "--where", "base=gmm", "--seed", "1", "-q")
        #expect(Set(lines(other.output)).intersection(rows) == ["theta0,theta1"])
        let json = try place.json("sample", "--where", "base=gmm", "--count", "3", "--json")
        #expect(json["schema"] as? String == "flowexp.sample/1" && (json["rows"] as? [[Double]])?.count == 3)
    }

    @Test("logprob gives the density that sample --with-logprob gives, from csv, npy and standard input")
    func logProbability() throws {
        let place = try swept()
        let drawn = try place.run("sample", "--where", "base=gmm", "--count", "300", "--with-logprob", "-o", "q.csv")
        #expect(drawn.status == 0 && drawn.output.isEmpty, "\(drawn.errors)")
        let table = lines(try String(contentsOfFile: place.path + "/q.csv", encoding: .utf8))
        #expect(table.count == 301 && table[0] == "theta0,theta1,logprob")
        let expected = table.dropFirst().map { String($0.split(separator: ",")[2]) }
        let named = try place.run("logprob", "--where", "base=gmm", "q.csv")
        #expect(named.status == 0 && named.errors.contains("not used: 'logprob'"), "\(named.errors)")
        #expect(lines(named.output) == ["logprob"] + expected)
        // Names in another case and order, not by position.
        let swapped = table.map { $0.split(separator: ",") }.map { "\($0[1]),\($0[0])" }
        try place.write("Theta1,Theta0\n" + swapped.dropFirst().joined(separator: "\n") + "\n", to: "swapped.csv")
        #expect(lines(try place.run("logprob", "--where", "base=gmm", "swapped.csv").output) == ["logprob"] + expected)
        #expect(try place.run("sample", "--where", "base=gmm", "-c", "300", "-o", "q.npy", "-q").status == 0)
        #expect(lines(try place.run("logprob", "--where", "base=gmm", "q.npy", "-q").output) == ["logprob"] + expected)
        let piped = try Program.run(
            ["logprob", "--where", "base=gmm", "-", "-q"], in: place.path, input: place.path + "/q.csv")
        #expect(lines(piped.output) == ["logprob"] + expected)
        let binary = try place.run("logprob", "--where", "base=gmm", "q.npy", "--output", "l.npy")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: place.path + "/l.npy"))
        #expect(binary.status == 0 && bytes.count == 128 + 8 * 300)
        var bits: UInt64 = 0
        for i in 0..<8 { bits |= UInt64(bytes[128 + i]) << UInt64(8 * i) }
        #expect(Double(bitPattern: bits) == Double(expected[0]))
        // q integrates to one: a midpoint rule over the prior's box and beyond.
        let step = 9.0 / 240
        var text = ""
        for i in 0..<240 {
            for j in 0..<240 { text += "\(-4.5 + (Double(i) + 0.5) * step) \(-4.5 + (Double(j) + 0.5) * step)\n" }
        }
        try place.write(text, to: "grid.txt")
        let grid = lines(try place.run("logprob", "--where", "base=gaussian", "grid.txt", "-q").output).dropFirst()
        var integral = 0.0
        for value in grid.compactMap(Double.init) { integral += exp(value) * step * step }
        #expect(grid.count == 57_600 && abs(integral - 1) < 0.01, "\(integral)")
    }

    @Test("an observation that the task does not simulate, and draws outside the prior, are warned of")
    func farObservations() throws {
        let place = try Workplace()
        try place.write(
            """
            {"name": "amort", "task": "sbibm-two-moons", "base": "gaussian", "sweep": {"seeds": 1},
             "flow": {"hiddenSizes": [16], "couplingLayers": 2, "box": "logit"},
             "training": {"objective": "amortised", "steps": 20, "batch": 64},
             "evaluation": {"metrics": ["sbc"], "conditionalObservations": 20}}
            """, to: "amort.json")
        #expect(try place.run("sweep", "amort.json", "-q").status == 0)
        let arguments = ["sample", "--where", "sweep=amort", "-c", "50", "--observation"]
        let near = try Program.run(arguments + ["0.1,0.2"], in: place.path)
        #expect(near.status == 0 && !near.errors.contains("warning"), "\(near.errors)")
        let far = try Program.run(arguments + ["-5,200"], in: place.path)
        #expect(far.status == 0 && lines(far.output).count == 51)
        #expect(far.errors.contains("warning: x0 = -5.0 lies outside the"), "\(far.errors)")
        try place.write("theta0,theta1,x0,x1\n.1,.1,0,0\n.1,.1,50,0\n", to: "pairs.csv")
        let pairs = try place.run("logprob", "--where", "sweep=amort", "pairs.csv")
        #expect(pairs.status == 0 && pairs.errors.contains("the x of 1 of 2 rows lies outside"), "\(pairs.errors)")
        // A column of a metric is measured with it, and the report that is suggested names what was asked for.
        let gap = try place.run("evaluate", "amort", "--metric", "posterior-gap")
        #expect(gap.status == 0 && gap.errors.contains("posterior-gap is computed together with information-gain"))
        #expect(gap.errors.contains("flowexp report amort --metric posterior-gap"), "\(gap.errors)")
        #expect(try place.run("report", "amort", "--metric", "posterior-gap").status == 0)
    }

    @Test("the format of a file whose name does not say it is said")
    func unknownExtension() throws {
        let place = try swept()
        let text = try place.run("sample", "--where", "base=gmm", "-c", "2", "-o", "q.txt")
        #expect(text.status == 0 && text.errors.contains("q.txt is written as csv"), "\(text.errors)")
        let named = try place.run("sample", "--where", "base=gmm", "-c", "2", "-o", "q.csv")
        #expect(named.status == 0 && !named.errors.contains("written as"), "\(named.errors)")
        let chosen = try place.run("sample", "--where", "base=gmm", "-c", "2", "--format", "csv", "-o", "r.txt")
        #expect(chosen.status == 0 && !chosen.errors.contains("written as"), "\(chosen.errors)")
    }

    @Test("mistakes end with the documented codes and say what and where")
    func mistakes() throws {
        let place = try swept()
        for (text, name) in [
            ("1,2\n3\n", "ragged.csv"), ("theta0,theta1\n1,2\n3,nan\n", "nan.csv"), ("1,2\n3,x\n", "word.csv"),
            ("", "empty.csv"), ("a,b\n1,2\n", "other.csv"), ("1,2,3\n", "three.csv"),
            ("theta0,theta1,theta2\n1,2,3\n", "named.csv"),
            ("theta0,theta1,x0\n1,2,3\n", "pairs.csv"), ("1,2\n", "fine.csv"), ("1,2\n", "text.npy"),
        ] { try place.write(text, to: name) }
        // Arguments separated by blanks, exit code, part of the message.
        let mistakes: [(String, Int32, String)] = [
            ("logprob --where base=gmm ragged.csv", 65, "line 2: has 1 column"),
            ("logprob --where base=gmm nan.csv", 65, "line 3, column 2 (theta1): nan is not a finite number"),
            ("logprob --where base=gmm word.csv", 65, "line 2, column 2: 'x' is not a number"),
            ("logprob --where base=gmm empty.csv", 65, "is empty"),
            ("logprob --where base=gmm three.csv", 65, "has 3 columns\n  A point has 2 coordinates: theta0,theta1."),
            ("logprob --where base=gmm other.csv", 65, "has no column theta0: its first line names a,b"),
            ("sample --where base=gmm --count 1e5", 64, "write it as a whole number, 100000"),
            ("sample --where base=gmm --count -3", 64, "--count -3: expected a number of draws from 1"),
            ("sample --where base=gmm --seed -1", 64, "expected a whole number from 0"),
            ("logprob --where base=gmm named.csv", 65, "has a column theta2"),
            ("logprob --where base=gmm pairs.csv", 65, "not amortised"),
            ("logprob --where base=gmm text.npy", 65, "not a NumPy array"),
            ("logprob --where base=gmm nothing.csv", 66, "No such file"),
            ("logprob --where base=gmm fine.csv --observations fine.csv", 64, "amortised"),
            ("sample --where base=gmm --observation -1,0.5", 64, "one posterior"),
            ("sample --where task=two-moons", 66, "2 runs of"),
            ("show --where task=two-moons", 66, "2 runs of"),
            ("sample --where base=uniform", 66, "no run of"),
            ("sample --where bas=gmm", 64, "did you mean 'base'"),
            ("sample zz", 66, "no run 'zz'"),
            ("sample --where base=gmm -o fine.csv", 73, "--force"),
            ("sample --where base=gmm -o no/q.csv", 73, "no/q.csv"),
            ("export --where base=gmm -o fine.csv", 73, "fine.csv"),
        ]
        for (line, status, says) in mistakes {
            let arguments = line.split(separator: " ").map(String.init)
            let result = try Program.run(arguments, in: place.path)
            #expect(result.status == status && result.errors.contains(says), "\(arguments): \(result.errors)")
            #expect(result.output.isEmpty && !result.wasKilled)
        }
        #expect(try String(contentsOfFile: place.path + "/fine.csv", encoding: .utf8) == "1,2\n")
        #expect(try place.run("sample", "--where", "base=gmm", "-o", "fine.csv", "--force").status == 0)
        if FileManager.default.fileExists(atPath: "/dev/full") {
            #expect(try place.run("sample", "--where", "base=gmm", "-o", "/dev/full").status == 74)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: place.path)
        #expect(!left.contains { $0.hasSuffix(".partial") }, "\(left)")
    }

    @Test("a damaged parameters file is refused by name")
    func damage() throws {
        let place = try swept()
        let shown = try place.json("show", "--where", "base=gmm", "--json")
        let id = try #require(shown["id"] as? String)
        let directory = place.path + "/runs/artefacts/" + id
        let published = try #require(
            try FileManager.default.contentsOfDirectory(atPath: directory).first { $0.hasPrefix("published") })
        let path = directory + "/" + published + "/parameters.safetensors"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        for command in ["sample", "export"] {
            let result = try place.run(command, id, "-o", "out")
            #expect(result.status == 65 && result.errors.contains("parameters.safetensors"), "\(result.errors)")
            #expect(result.errors.contains("store repair"))
            #expect(!FileManager.default.fileExists(atPath: place.path + "/out"))
        }
    }

    @Test("an export holds the published weights and says what they are")
    func export() throws {
        let place = try swept()
        let result = try place.run("export", "--where", "base=gmm", "--output", "a/flow")
        #expect(result.status == 0 && result.errors.contains("logprob_numpy.py"), "\(result.errors)")
        // Nothing is said of a file that need not be there.
        #expect(result.errors.contains("of flowexp's source") && !result.errors.contains("python3 docs/"))
        let text = try Data(contentsOf: URL(fileURLWithPath: place.path + "/a/flow/configuration.json"))
        let value = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
        #expect(value["schema"] as? String == "flowexp.export/1" && value["dimension"] as? Int == 2)
        let kinds = (value["layers"] as? [[String: Any]])?.compactMap { $0["kind"] as? String }
        #expect(
            kinds == [
                "affineCoupling", "elementwiseAffine", "rotation", "affineCoupling", "elementwiseAffine",
                "elementwiseAffine",
            ])
        #expect((value["base"] as? [String: Any])?["components"] as? Int == 2)
        #expect(try place.run("export", "--where", "base=gmm", "-o", "a/flow").status == 73)
        #expect(try place.run("export", "--where", "base=gmm", "-o", "a/flow", "--force").status == 0)
    }
}
