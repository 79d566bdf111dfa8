import Foundation
import Testing

/// Surroundings that programs do not expect, and `doctor`.
struct SurroundingsTests {
    private func shell(_ script: String, in place: Workplace) throws -> Program.Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script, Program.path]
        process.currentDirectoryURL = URL(fileURLWithPath: place.path)
        // Other suites of this process set some for the processes that they start.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("FLOWEXP_") }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Program.Result(
            status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
            output: String(decoding: said, as: UTF8.self), errors: String(decoding: complained, as: UTF8.self))
    }

    @Test("time zones, languages, missing directories and variables change no digest")
    func sameDigest() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 1)
        #expect(try place.run("sweep", "tiny.json", "--store", "plain").status == 0)
        let expected = try place.run("store", "digest", "--store", "plain").output
        let trials = [
            "env TZ=Nonsense/Zone", "env LC_ALL=tr_TR.UTF-8", "env HOME=/nonexistent TMPDIR=/nonexistent", "env -i",
        ]
        for (number, prefix) in trials.enumerated() {
            let isolate = number % 2 == 0 ? "--isolate" : ""
            let result = try shell("\(prefix) \"$0\" sweep tiny.json --store s\(number) -q \(isolate)", in: place)
            #expect(result.status == 0, "\(prefix): \(result.errors)")
            #expect(try place.run("store", "digest", "--store", "s\(number)").output == expected, "\(prefix)")
        }
    }

    @Test("a working directory that was removed is said, and nothing is made elsewhere")
    func removedDirectory() throws {
        let place = try Workplace()
        try place.writeSpec()
        for command in ["sweep ../tiny.json --store flowexp-relative-store", "status", "doctor"] {
            let result = try shell(
                "spec=$PWD/tiny.json; mkdir gone; cd gone; rmdir ../gone; exec timeout 20 \"$0\" "
                    + command.replacing("../tiny.json", with: "$spec"), in: place)
            #expect(result.status == 66, "\(command): \(result.errors)")
            #expect((result.errors + result.output).contains("working directory was removed"))
        }
        #expect(!FileManager.default.fileExists(atPath: "/flowexp-relative-store"))
    }

    @Test(
        "a COLUMNS that is no width does not matter to the help",
        arguments: [
            "-9223372036854775808", "9223372036854775807", "99999999999999999999", "0", "-1", "1", "x", "", "10001",
        ])
    func columns(_ columns: String) throws {
        for words in [["store", "trash", "--help"], ["help", "sweep"], ["sweep", "--nonsense"]] {
            let usual = try Program.run(words, in: "/", environment: [:])
            let result = try Program.run(words, in: "/", environment: ["COLUMNS": columns])
            #expect(result.status == usual.status && !result.wasKilled, "\(words): \(result.errors)")
            if columns != "1" { #expect(result.output == usual.output && result.errors == usual.errors, "\(words)") }
        }
    }

    /// Limits of threads bind nobody with the rights of root, so this is tried as another user.
    private static let canBeNobody = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")

    @Test("reading commands need no thread beside their own", .enabled(if: canBeNobody))
    func noThreads() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 1)
        #expect(try place.run("sweep", "tiny.json", "--store", "plain", "-q").status == 0)
        for command in ["ls", "status", "report --metric mmd"] {
            let usual = try Program.run(
                command.split(separator: " ").map(String.init) + ["--store", "plain"], in: place.path)
            let result = try shell(
                """
                copy=$(mktemp -d /tmp/flowexp-nobody-XXXXXX) && trap 'rm -rf "$copy"' EXIT
                cp -r plain "$copy/plain" && chmod -R a+rX "$copy"
                setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null || exit 99
                timeout -s KILL 60 setpriv --reuid 65534 --regid 65534 --clear-groups bash -c \
                    'test -x "$0" || exit 99; ulimit -u 1; exec "$0" \(command) --store '"$copy/plain" "$0"
                """, in: place)
            // Some containers let nobody be another user, or the program lies where nobody else may go.
            if result.status == 99 { continue }
            #expect(result.status == 0 && result.output == usual.output, "\(command): \(result)")
        }
    }

    @Test("a name that is not UTF-8 is refused and not replaced by another")
    func illegibleNames() throws {
        let place = try Workplace()
        try place.writeSpec()
        let argument = try shell(#"exec "$0" sweep tiny.json -q --store "$(printf 'bad\377')""#, in: place)
        #expect(argument.status == 64 && argument.errors.contains("is not UTF-8"), "\(argument.errors)")
        let directory = try shell(
            #"spec=$PWD/tiny.json; d=$(printf 'bad\377'); mkdir "$d" && cd "$d" || exit 200; exec "$0" sweep "$spec" -q"#,
            in: place)
        // Some file systems have no such names.
        if directory.status != 200 {
            #expect(directory.status == 73 && directory.errors.contains("is not UTF-8"), "\(directory.errors)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path)
        #expect(names.count <= 2, "\(names)")
    }

    @Test("a store's path that is too long for SQLite is said to be too long")
    func longPath() throws {
        let place = try Workplace()
        try place.writeSpec()
        let store = Array(repeating: String(repeating: "d", count: 200), count: 3).joined(separator: "/")
        let result = try place.run("sweep", "tiny.json", "-q", "--store", store)
        #expect(result.status == 73 && result.errors.contains("SQLite takes at most"), "\(result.errors)")
    }

    @Test("a pipe in the place of a store's file keeps nobody waiting")
    func pipes() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 1)
        #expect(try place.run("sweep", "tiny.json", "-q").status == 0)
        let script = """
            file=$(ls runs/artefacts/*/published-1/parameters.safetensors | head -n 1); rm "$file" runs/store.lock
            mkfifo "$file" runs/store.lock runs/revisions/pipe.json || exit 200
            for command in status 'store check' 'store digest --verify' 'report --metric mmd'; do
                timeout 20 "$0" $command > /dev/null; status=$?
                [ $status = 0 ] || [ $status = 65 ] || { echo "$command: $status" >&2; exit 1; }
            done
            """
        let result = try shell(script, in: place)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test("too few open files end with a clear error, and the same command goes on")
    func fewFiles() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 1)
        // With 5 not even the new store's directories can be read: it must not pass for one that lost its database.
        for count in [5, 9] {
            let result = try shell("ulimit -n \(count); exec \"$0\" sweep tiny.json -q", in: place)
            #expect([69, 74].contains(result.status) && result.errors.contains("ulimit -n"), "\(result.errors)")
        }
        #expect(try place.run("sweep", "tiny.json", "-q").status == 0)
    }

    @Test("a command that is told to end leaves no half-written file")
    func noPartialFile() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 1)
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let running = try place.start(
            "sample", "--where", "base=gaussian", "--count", "200000000", "--output", "big.csv")
        func files() -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []).filter { $0.hasPrefix("big") }
        }
        for _ in 0..<200 where files().isEmpty { Thread.sleep(forTimeInterval: 0.02) }
        #expect(!files().isEmpty)
        running.signal(SIGTERM)
        let result = running.wait()
        #expect(result.wasKilled && result.status == SIGTERM)
        #expect(files().isEmpty)
    }

    @Test("doctor finds a healthy store healthy, and names what is wrong")
    func doctor() throws {
        let place = try Workplace()
        let none = try place.run("doctor", "--store", "nowhere/runs")
        #expect(none.status == 0 && none.output.contains("none yet"), "\(none.output)")
        #expect(!FileManager.default.fileExists(atPath: place.path + "/nowhere"))
        try place.writeSpec(seeds: 1)
        #expect(try place.run("sweep", "tiny.json").status == 0)
        let before = try FileManager.default.subpathsOfDirectory(atPath: place.path + "/runs").sorted()
        let healthy = try place.json("doctor", "--json")
        #expect(healthy["schema"] as? String == "flowexp.doctor/1")
        let checks = try #require(healthy["checks"] as? [[String: Any]])
        let names = checks.compactMap { $0["check"] as? String }
        for name in ["program", "SQLite", "store", "file system", "writing", "space", "flushing", "locks", "clock"] {
            #expect(names.contains(name), "\(name)")
        }
        #expect(!checks.contains { $0["level"] as? String == "problem" })
        #expect(try FileManager.default.subpathsOfDirectory(atPath: place.path + "/runs").sorted() == before)
        try place.write("no database", to: "runs/flowexp.sqlite")
        let damaged = try place.run("doctor")
        #expect(damaged.status == 65 && damaged.output.contains("problem"), "\(damaged.output)")
    }
}
