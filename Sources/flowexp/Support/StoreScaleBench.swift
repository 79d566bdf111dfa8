import Catalog
import Foundation

/// Times commands on a store, each in a process of its own as a person starts it.
struct StoreScaleBench {
    let spec: String
    let store: String
    /// The id of one of its runs.
    let run: String
    let repetitions: Int

    /// What one command took.
    struct Row {
        var command: String
        /// Wall-clock seconds of each repetition, ascending.
        var seconds: [Double]
        /// Processor seconds of each repetition, ascending: what a loaded machine leaves comparable.
        var processor: [Double]
        /// Bytes on standard output.
        var bytes: Int

        var median: Double { seconds[seconds.count / 2] }
        var processorMedian: Double { processor[processor.count / 2] }
    }

    private var commands: [[String]] {
        [
            ["ls"], ["ls", "--json"], ["ls", "--where", "task=ring and couplingLayers>=8"], ["status"],
            ["report", "--metric", "mmd"], ["report", "--metric", "mmd", "--json"], ["show", String(run.prefix(12))],
            ["logs", String(run.prefix(12))], ["sweep", spec, "--dry-run"], ["sweep", spec],
            ["query", "SELECT count(*) FROM runs"],
        ]
    }

    func print(runs: Int, history: Int, json: Bool) throws {
        let size = Self.size(store + "/" + StoreLocation.databaseName)
        if !json {
            try Output.data(
                "\(CountText.grouped(runs)) runs, \(CountText.grouped(history)) rows of history each; database "
                    + "\(CountText.grouped(size / 1_000_000)) MB, \(CountText.grouped(size / runs)) bytes a run")
            try Output.data("  median    least  processor  output     command")
        }
        var rows: [Row] = []
        for arguments in commands {
            let row = try measure(arguments)
            rows.append(row)
            if !json { try Output.data(Self.line(row)) }
        }
        guard json else { return }
        try JSONOutput.print(
            .object([
                "schema": .string("flowexp.bench.store-scale/1"), "workload": .string(StoreScaleOptions.name),
                "runs": .integer(runs), "history": .integer(history), "databaseBytes": .integer(size),
                "rows": .array(
                    rows.map { row in
                        .object([
                            "command": .string(row.command), "seconds": .number(row.median),
                            "least": .number(row.seconds[0]), "processorSeconds": .number(row.processorMedian),
                            "bytes": .integer(row.bytes),
                        ])
                    }),
            ]))
    }

    private func measure(_ arguments: [String]) throws -> Row {
        var seconds: [Double] = []
        var processor: [Double] = []
        var bytes = 0
        // Once more than counted, so that the file is in the cache of the system.
        for repetition in 0...repetitions {
            let output = NSTemporaryDirectory() + "flowexp-store-scale-\(UUID().uuidString).out"
            defer { try? FileManager.default.removeItem(atPath: output) }
            _ = FileManager.default.createFile(atPath: output, contents: nil)
            let process = Process()
            process.executableURL = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
            process.arguments = arguments + ["--store", store, "--quiet"]
            process.standardOutput = FileHandle(forWritingAtPath: output)
            let before = Self.processorSecondsOfChildren
            let clock = ContinuousClock()
            let began = clock.now
            try process.run()
            process.waitUntilExit()
            let taken = (clock.now - began) / .seconds(1)
            guard process.terminationStatus == 0 else {
                throw CommandFailure(
                    .bug, "flowexp \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
            }
            bytes = Self.size(output)
            if repetition > 0 {
                seconds.append(taken)
                processor.append(Self.processorSecondsOfChildren - before)
            }
        }
        let shown = arguments.map { $0 == spec ? "SPEC" : $0.contains(" ") ? "'\($0)'" : $0 }
        return Row(
            command: shown.joined(separator: " "), seconds: seconds.sorted(),
            processor: processor.sorted(), bytes: bytes)
    }

    private static func line(_ row: Row) -> String {
        String(format: "%6.3f s %6.3f s   %6.3f s  ", row.median, row.seconds[0], row.processorMedian)
            + "\(CountText.grouped(row.bytes / 1000)) kB".padding(toLength: 11, withPad: " ", startingAt: 0)
            + row.command
    }

    /// Of the processes that were started here and have ended.
    private static var processorSecondsOfChildren: Double {
        var usage = rusage()
        // RUSAGE_CHILDREN, which is imported as different types on different systems.
        getrusage(-1, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + 1e-6 * Double(time.tv_usec) }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func size(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0
    }
}
