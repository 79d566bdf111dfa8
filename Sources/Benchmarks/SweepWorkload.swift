import Foundation

/// W7: 16 independent training runs of 1000 steps in a sweep, from the command line to the last result.
///
/// Each run is W1's literal step as a spec can say it: `corners`, standard Gaussian base, 8 affine couplings with
/// conditioners 64 × 64 and nothing between them, every step 1024 fresh prior draws with weights normalised over the
/// batch, Adam at a constant 10⁻³. No metrics and no validation; everything else that a sweep does is done: a store,
/// claims, histories, the final checkpoint and parameters, synced to the disk.
public struct SweepWorkload: Sendable {
    /// The name after `--workload`.
    public static let name = "sweep-16"
    /// One line.
    public static let summary = "W7: a sweep of 16 runs of 1000 W1 steps on two workers, start to end"
    /// Runs of the sweep.
    public static let runs = 16
    /// Optimiser steps of each run.
    public static let steps = 1000

    /// The program that sweeps.
    private let executable: URL

    /// `executable`: flowexp itself; it is started as a process of its own.
    public init(executable: URL) {
        self.executable = executable
    }

    /// The experiment file.
    static let spec = """
        {
          "name": "sweep-16",
          "task": "corners",
          "base": "gaussian",
          "flow": {"couplingLayers": 8, "hiddenSizes": [64, 64], "actNorm": false, "mixing": "none"},
          "training": {
            "proposal": "fresh", "draws": 1024, "stepsPerRound": 1, "weighting": "batch", "batch": 1024,
            "steps": \(steps), "learningRate": 0.001, "schedule": "constant", "warmupSteps": 0, "gradientClip": 0,
            "validationFraction": 0
          },
          "evaluation": {"metrics": []},
          "sweep": {"seeds": \(runs)}
        }
        """

    /// Sweeps once into a temporary store, which is removed afterwards. Throws ``SweepWorkloadFailure`` when the sweep
    /// did not end with status 0.
    public func measure(workers: Int = 2) throws -> WorkloadResult {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("flowexp-sweep-16-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("sweep-16.json")
        try Self.spec.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = executable
        process.arguments = [
            "sweep", file.path, "--jobs", "\(workers)", "--store", folder.appendingPathComponent("store").path,
            "--quiet",
        ]
        process.standardOutput = FileHandle.nullDevice
        let clock = ContinuousClock()
        let began = clock.now
        try process.run()
        process.waitUntilExit()
        let seconds = (clock.now - began) / .seconds(1)
        guard process.terminationStatus == 0 else { throw SweepWorkloadFailure(status: process.terminationStatus) }
        // Counted as for W1: three forward passes of the conditioners' multiplications and additions.
        let work = 3 * 2 * Double(1 * 64 + 64 * 64 + 64 * 2) * 8 * 1024 / 1e9 * Double(Self.runs * Self.steps)
        return WorkloadResult(
            workload: Self.name, threads: workers, value: seconds, unit: .seconds, gigaflopsPerSecond: work / seconds,
            shareOfPeak: work / seconds / (MultiplyAddPeak.measured * Double(workers)))
    }
}

/// The sweep of ``SweepWorkload`` did not end well.
public struct SweepWorkloadFailure: Error, CustomStringConvertible {
    /// Its exit status.
    public var status: Int32

    /// A sentence.
    public var description: String { "the sweep ended with status \(status)" }
}
