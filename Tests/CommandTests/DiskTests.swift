import Foundation
import Testing

/// Disks that fail or are full, limits, and the order in which files are flushed. What needs another program (strace,
/// Python) is tried where that is installed; `make torture` tries far more.
@Suite(.serialized) struct DiskTests {
    private static func has(_ name: String) -> Bool {
        ["/usr/bin/", "/usr/local/bin/", "/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + name) }
    }

    /// Whether strace may trace here; some containers do not let it.
    private static let traces: Bool = has("strace") && (try? run("strace -f true"))?.status == 0

    /// Runs a shell command line in which `$FLOWEXP` is the program.
    private static func run(_ line: String, in directory: String = "/tmp", environment: [String: String] = [:]) throws
        -> (status: Int32, output: String)
    {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        let variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("FLOWEXP_") }
        process.environment = variables.merging(["FLOWEXP": Program.path]) { $1 }.merging(environment) { $1 }
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let status =
            process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
        return (status, String(decoding: data, as: UTF8.self))
    }

    private func place() throws -> Workplace {
        let place = try Workplace()
        try place.writeSpec(steps: 20, seeds: 1, metrics: #""kl""#, samples: 200)
        return place
    }

    @Test("a limit on the size of files (ulimit -f) is an error with exit 74, and the same command goes on")
    func fileSizeLimit() throws {
        let place = try place()
        for blocks in [0, 16, 128] {
            let result = try Self.run(
                "ulimit -f \(blocks); exec \"$FLOWEXP\" sweep tiny.json --store limited -q", in: place.path)
            #expect(result.status == 74 || result.status == 73, "\(blocks) blocks: \(result)")
            #expect(result.output.contains("flowexp: "))
        }
        let result = try place.run("sweep", "tiny.json", "--store", "limited", "-q")
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test("a page that the disk cannot deliver is an error of the disk, not damage", .enabled(if: traces))
    func unreadablePages() throws {
        let place = try place()
        #expect(try place.run("sweep", "tiny.json", "--store", "good", "-q").status == 0)
        var refused = 0
        // The first reads are the loader's.
        for (number, often) in (3...12).flatMap({ [($0, ""), ($0, "+")] }) {
            let inject = "strace -f -qq -o /dev/null -e inject=pread64:error=EIO:when=\(number)\(often)"
            let result = try Self.run("\(inject) \"$FLOWEXP\" ls --store good -q", in: place.path)
            if result.status == 127 { continue }
            #expect(result.status == 0 || result.status == 74, "read \(number)\(often): \(result)")
            if result.status == 74 { refused += 1 }
        }
        #expect(refused > 0)
    }

    @Test("a lock that the disk refuses is an error of the disk, wherever it comes", .enabled(if: traces))
    func refusedLocks() throws {
        let place = try place()
        #expect(try place.run("sweep", "tiny.json", "--store", "good", "-q").status == 0)
        var refused = 0
        for number in 1...40 {
            let inject = "strace -f -qq -o /dev/null -e inject=fcntl:error=EIO:when=\(number)"
            let result = try Self.run("\(inject) \"$FLOWEXP\" ls --store good -q", in: place.path)
            #expect(result.status == 0 || result.status == 74, "fcntl \(number): \(result)")
            if result.status == 74 { refused += 1 }
        }
        #expect(refused > 0)
    }

    @Test("a disk that answers nothing any more ends a sweep, also while it takes a lock", .enabled(if: traces))
    func deadDisk() throws {
        let place = try place()
        for number in stride(from: 45, through: 65, by: 4) {
            let inject = "strace -f -qq -o /dev/null -e inject=newfstatat:error=EIO:when=\(number)+"
            let result = try Self.run(
                "timeout -s KILL 30 \(inject) \"$FLOWEXP\" sweep tiny.json --store dead-\(number) -q", in: place.path)
            #expect(result.status != 137, "stat \(number): it did not end")
        }
    }

    @Test("a full disk ends a sweep with 74, and the same command goes on", .enabled(if: traces))
    func fullDisk() throws {
        let place = try place()
        #expect(try place.run("sweep", "tiny.json", "--store", "good", "-q").status == 0)
        let expected = try place.run("store", "digest", "--store", "good").output
        for (number, call) in [(1, "pwrite64"), (60, "pwrite64"), (1, "fsync"), (6, "fsync"), (2, "write")] {
            let inject = "strace -f -qq -o /dev/null -e inject=\(call):error=ENOSPC:when=\(number)+"
            let result = try Self.run(
                "\(inject) \"$FLOWEXP\" sweep tiny.json --store full-\(call)-\(number) -q", in: place.path)
            #expect(result.status == 74 || result.status == 73, "\(call) \(number): \(result)")
            let store = "full-\(call)-\(number)"
            #expect(try place.run("sweep", "tiny.json", "--store", store, "-q").status == 0)
            #expect(try place.run("store", "digest", "--verify", "--store", store).output == expected)
        }
    }

    @Test(
        "files are flushed before the transaction that names them, which is what a power loss needs",
        .enabled(if: traces && has("python3")))
    func orderOfFlushes() throws {
        let place = try place()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Scripts/torture/durability.py").path
        let trace = "openat,write,pwrite64,fsync,fdatasync,rename,renameat2,unlink,ftruncate,mkdir"
        let traced = try Self.run(
            "strace -f -y -s 100000 -e trace=\(trace) -o log \"$FLOWEXP\" sweep tiny.json --store traced -q -j 2",
            in: place.path, environment: ["FLOWEXP_CHECKPOINT_SECONDS": "0.001"])
        #expect(traced.status == 0, "\(traced)")
        let root = place.path + "/traced"
        let judged = try Self.run("python3 '\(script)' log '\(root)'", in: place.path)
        #expect(judged.status == 0, "\(judged.output)")
        // A log without the flushes of files is noticed.
        let doctored = try Self.run(
            "grep -v 'fsync(.*\(root)/tmp/' log > less; python3 '\(script)' less '\(root)'", in: place.path)
        #expect(doctored.status == 1 && doctored.output.contains("before it is flushed"), "\(doctored.output)")
    }

    @Test("a store of a later version is refused by name and left as it is")
    func laterVersion() throws {
        let place = try place()
        #expect(try place.run("sweep", "tiny.json", "--store", "later", "-q").status == 0)
        let url = URL(fileURLWithPath: place.path + "/later/flowexp.sqlite")
        var data = try Data(contentsOf: url)
        // user_version: four bytes, big-endian, at 60 of the file's header.
        data.replaceSubrange(60..<64, with: [0, 0, 0, 77])
        try data.write(to: url)
        for command in [
            ["ls"], ["status", "--json"], ["report", "--metric", "kl"], ["show", "--where", "base=gmm"],
            ["logs", "--where", "base=gmm"], ["store", "digest"], ["sample", "--where", "base=gmm"], ["resume"],
            ["evaluate"], ["sweep", "tiny.json"],
        ] {
            let result = try Program.run(command + ["--store", "later"], in: place.path)
            #expect(result.status == 65 && result.errors.contains("version 77"), "\(command): \(result.errors)")
        }
        #expect(try Data(contentsOf: url) == data)
    }
}
