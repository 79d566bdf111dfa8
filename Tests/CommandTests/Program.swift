import Foundation
import Testing

/// The built program, run as a person would run it.
enum Program {
    /// What a finished command left.
    struct Result {
        var status: Int32
        /// Ended by a signal; then `status` is its number.
        var wasKilled: Bool
        var output: String
        var errors: String
    }

    /// `flowexp` lies in the build directory, beside the test bundle or above it.
    static let path: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        var directory = URL(fileURLWithPath: own).deletingLastPathComponent()
        for _ in 0..<6 {
            let candidate = directory.appendingPathComponent("flowexp").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            directory.deleteLastPathComponent()
        }
        return "flowexp-not-built"
    }()

    /// A command that runs; its output goes to files, so that no pipe fills up.
    final class Running {
        let process = Process()
        private let outputPath = NSTemporaryDirectory() + "flowexp-out-\(UUID().uuidString)"
        private let errorsPath = NSTemporaryDirectory() + "flowexp-err-\(UUID().uuidString)"

        init(
            _ arguments: [String], in directory: String, environment: [String: String], input: String?, output: String?
        )
            throws
        {
            for path in [outputPath, errorsPath] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
            process.executableURL = URL(fileURLWithPath: Program.path)
            process.arguments = arguments
            process.currentDirectoryURL = URL(fileURLWithPath: directory)
            // Other suites of this process set variables of ours (a crash point, a store) while this one runs.
            var variables = ProcessInfo.processInfo.environment.filter {
                !$0.key.hasPrefix("FLOWEXP_") || $0.key == "FLOWEXP_ISA"
            }
            variables["NO_COLOR"] = nil
            process.environment = variables.merging(environment) { $1 }
            process.standardInput = input.flatMap(FileHandle.init(forReadingAtPath:)) ?? FileHandle.nullDevice
            process.standardOutput = FileHandle(forWritingAtPath: output ?? outputPath)
            process.standardError = FileHandle(forWritingAtPath: errorsPath)
            try process.run()
        }

        func signal(_ number: Int32) { kill(process.processIdentifier, number) }

        /// Waits until the process has used so much processor time, however loaded the machine is; at most half a minute.
        func awaitProcessorTime(_ seconds: Double) {
            let deadline = Date() + 30
            while Date() < deadline && process.isRunning {
                // The process's name, the only field that may hold spaces, ends with the last bracket; user and system
                // time in ticks of 10 ms are the 12th and 13th field after it (proc_pid_stat(5)).
                guard let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
                else { return Thread.sleep(forTimeInterval: 2) }
                let fields = (text.split(separator: ")").last ?? "").split(separator: " ")
                if fields.count > 12, (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0) >= seconds * 100 { return }
                Thread.sleep(forTimeInterval: 0.02)
            }
        }

        func wait() -> Result {
            process.waitUntilExit()
            defer { for path in [outputPath, errorsPath] { try? FileManager.default.removeItem(atPath: path) } }
            func text(_ path: String) -> String {
                String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
            }
            return Result(
                status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
                output: text(outputPath), errors: text(errorsPath))
        }
    }

    static func start(
        _ arguments: [String], in directory: String, environment: [String: String] = [:], input: String? = nil,
        output: String? = nil
    ) throws -> Running {
        try Running(arguments, in: directory, environment: environment, input: input, output: output)
    }

    static func run(
        _ arguments: [String], in directory: String, environment: [String: String] = [:], input: String? = nil,
        output: String? = nil
    ) throws -> Result {
        try start(arguments, in: directory, environment: environment, input: input, output: output).wait()
    }
}

/// A directory that lives as long as a test, with specs in it.
final class Workplace {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "flowexp-command-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func run(_ arguments: String..., environment: [String: String] = [:], output: String? = nil) throws
        -> Program.Result
    {
        try Program.run(arguments, in: path, environment: environment, output: output)
    }

    func start(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Running {
        try Program.start(arguments, in: path, environment: environment)
    }

    func json(_ arguments: String...) throws -> [String: Any] {
        let result = try Program.run(arguments, in: path)
        let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        return value as? [String: Any] ?? [:]
    }

    /// Waits until `ls` shows at least so many runs being done, for half a minute; records an issue after that.
    func awaitRunning(_ count: Int, store: String = "runs") throws {
        let deadline = Date() + 30
        while Date() < deadline {
            let listed = try run("ls", "--json", "--where", "state=running", "--store", store)
            if listed.output.components(separatedBy: "\"state\":\"running\"").count > count { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
        Issue.record("fewer than \(count) runs are being done after half a minute")
    }

    /// Two bases × `seeds` seeds on two-moons; a run takes a fraction of a second.
    func writeSpec(
        _ name: String = "tiny", steps: Int = 60, seeds: Int = 2, metrics: String = #""mmd""#, samples: Int = 500
    ) throws {
        try write(
            """
            {
              "name": "\(name)", // comments are allowed
              "task": "two-moons",
              "flow": {"hiddenSizes": [16], "couplingLayers": 2},
              "training": {"steps": \(steps), "batch": 64, "draws": 500},
              "evaluation": {"metrics": [\(metrics)], "samples": \(samples), "kernelSamples": 100, "floorRepetitions": 2},
              "sweep": {"base": ["gaussian", "gmm"], "seeds": \(seeds)},
            }
            """, to: "\(name).json")
    }
}
