import Foundation
import Testing

/// Python as an independent reader of what flowexp writes: NumPy for points and densities, jsonschema for the schema.
struct PythonTests {
    @Test(
        "what flowexp writes means the same to Python",
        arguments: [("numpy", "Scripts/numpy_check.py"), ("jsonschema", "Scripts/schema_check.py")])
    func agreement(package: String, script: String) throws {
        let probe = try Self.python(["-c", "import \(package)"])
        guard probe.status == 0 else {
            print("SKIPPED: no python3 with \(package) here; \(script) was not run")
            return
        }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let result = try Self.python([root.path + "/" + script, Program.path])
        #expect(result.status == 0, "\(result.output)")
    }

    private static func python(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let path = NSTemporaryDirectory() + "flowexp-numpy-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: path) }
        process.environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("FLOWEXP_") || $0.key == "FLOWEXP_ISA"
        }
        process.standardOutput = FileHandle(forWritingAtPath: path)
        process.standardError = process.standardOutput
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus,
            String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        )
    }
}
