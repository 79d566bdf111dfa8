import Foundation
import Testing

/// Promise R13 on the program: a name is only a name.
struct HostileNamesTests {
    /// Drives a terminal, hides text, or both.
    private static let evil = "\u{1B}[2J\u{9B}31m\u{202E}evil\u{2066}\u{2028}"

    /// The same inside a JSON string.
    private static let escaped = #"\u001b[2J\u009b31m\u202eevil\u2066\u2028"#

    private func isHarmless(_ text: String) -> Bool {
        !text.unicodeScalars.contains { scalar in
            scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7F..<0xA0).contains(scalar.value)
                || [0x202E, 0x2066, 0x2028].contains(scalar.value)
        }
    }

    @Test(
        "whatever is quoted from arguments, nothing of it drives the terminal",
        arguments: [
            ["EVIL"], ["ls", "--EVIL"], ["show", "EVIL"], ["validate", "EVIL"], ["sweep", "EVIL"],
            ["describe", "EVIL"],
            ["ls", "--where", "EVIL"], ["store", "EVIL"], ["metric", "EVIL", "a", "b"], ["metric", "mmd", "EVIL", "b"],
            ["status", "--store", "EVIL"], ["sample", "a", "--observation", "EVIL"], ["report", "--metric", "EVIL"],
        ])
    func arguments(_ arguments: [String]) throws {
        let place = try Workplace()
        let result = try Program.run(
            arguments.map { $0.replacingOccurrences(of: "EVIL", with: Self.evil) }, in: place.path)
        #expect([64, 66].contains(result.status) && !result.wasKilled)
        #expect(isHarmless(result.errors) && isHarmless(result.output), "\(result.errors.debugDescription)")
        #expect(!result.errors.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test("a spec, a file's header and a file's name are shown harmlessly, and JSON stays JSON with the same text")
    func files() throws {
        let place = try Workplace()
        try place.write(
            #"{"name": "a", "task": "ring", "description": "\#(Self.escaped)", "\#(Self.escaped)": 1}"#, to: "spec.json"
        )
        let text = try place.run("validate", "spec.json")
        #expect(text.status == 65 && isHarmless(text.errors))
        let json = try place.run("validate", "spec.json", "--json")
        #expect(json.status == 65 && isHarmless(json.output))
        let value = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let diagnostics = value?["diagnostics"] as? [[String: Any]]
        #expect(diagnostics?.contains { ($0["keyPath"] as? String)?.contains(Self.evil) == true } == true)
        try place.write(#"{"name": "a", "task": "ring", "description": "\#(Self.escaped)"}"#, to: "good.json")
        let resolved = try place.run("validate", "good.json", "--resolved")
        #expect(resolved.status == 0 && isHarmless(resolved.output))
        let spec = try JSONSerialization.jsonObject(with: Data(resolved.output.utf8)) as? [String: Any]
        #expect(spec?["description"] as? String == Self.evil)
        // A file's name and its header.
        let name = "\(Self.evil).csv"
        try place.write("a,\(Self.evil)\n1,2\n1,x\n", to: name)
        let points = try place.run("metric", "energy", name, name)
        #expect(points.status == 65 && isHarmless(points.errors))
    }

    @Test("a key of a megabyte is not repeated whole")
    func longKey() throws {
        let place = try Workplace()
        let key = String(repeating: "k", count: 1_000_000)
        try place.write(#"{"name": "a", "task": "ring", "\#(key)": 1, "training.\#(key)": 1}"#, to: "spec.json")
        let result = try place.run("validate", "spec.json")
        #expect(result.status == 65 && result.errors.utf8.count < 20_000, "\(result.errors.utf8.count) bytes")
    }

    @Test("notes and failure messages of a store are shown harmlessly, and links out of it are refused")
    func store() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 5, seeds: 1, metrics: #""kl""#)
        #expect(try place.run("sweep", "tiny.json", "--store", "s", "-q").status == 0)
        let victim = place.path + "/victim"
        try FileManager.default.createDirectory(atPath: victim, withIntermediateDirectories: true)
        try place.write("precious", to: "victim/precious")
        try FileManager.default.removeItem(atPath: place.path + "/s/tmp")
        try FileManager.default.createSymbolicLink(atPath: place.path + "/s/tmp", withDestinationPath: victim)
        for arguments in [
            ["ls", "--store", "s"], ["sweep", "tiny.json", "--store", "s"], ["store", "digest", "--store", "s"],
        ] {
            let result = try Program.run(arguments, in: place.path)
            #expect(result.status == 65 && result.errors.contains("symbolic link"), "\(result.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim) == ["precious"])
    }

    /// No user's string ever reaches a shell: there is none.
    @Test("no source starts a shell")
    func noShell() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources").path
        let files = try #require(FileManager.default.enumerator(atPath: root))
        var count = 0
        for case let name as String in files where [".swift", ".c", ".h"].contains(where: name.hasSuffix) {
            count += 1
            let text = String(
                decoding: FileManager.default.contents(atPath: root + "/" + name) ?? Data(), as: UTF8.self)
            for word in ["/bin/sh", "/bin/bash", "popen(", "wordexp(", "execlp(", "execvp("] {
                #expect(!text.contains(word), "\(name) has \(word)")
            }
            // `system(` as a call of its own, not the end of a longer name.
            for piece in text.components(separatedBy: "system(").dropLast() {
                let last =
                    piece.unicodeScalars.last.map { CharacterSet.alphanumerics.contains($0) || $0 == "_" } ?? false
                #expect(last, "\(name) calls system")
            }
        }
        #expect(count > 300)
    }
}
