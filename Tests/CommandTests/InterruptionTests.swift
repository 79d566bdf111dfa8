import Foundation
import Testing

/// Killing, stopping, and two sweeps at once: nothing is lost, nothing is done twice, the numbers stay the same.
@Suite(.serialized) struct InterruptionTests {
    // Enough for a sweep of seconds, so that a small part of it is well beyond the start of a program.
    private static let steps = 100_000
    /// Runs of these sweeps checkpoint often, so that what is tried is going on from the middle of training.
    private static let often = ["FLOWEXP_CHECKPOINT_SECONDS": "0.02"]

    /// A sweep of a few seconds on one worker, the digest it has when nothing happens to it, and how long it took.
    private func reference(steps: Int = InterruptionTests.steps) throws -> (Workplace, String, seconds: Double) {
        let place = try Workplace()
        try place.writeSpec(steps: steps)
        let began = Date()
        let result = try place.run("sweep", "tiny.json", "--store", "undisturbed", "-j", "1")
        let seconds = Date().timeIntervalSince(began)
        #expect(result.status == 0, "\(result.errors)")
        return (place, try place.run("store", "digest", "--store", "undisturbed").output, seconds)
    }

    /// The interrupted runs of a store, as `show` has them.
    private func interrupted(_ place: Workplace, _ store: String) throws -> [[String: Any]] {
        let listed = try place.run("ls", "--json", "--where", "state=interrupted", "--store", store)
        guard listed.status == 0 else { return [] }
        let json = try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [String: Any]
        let runs = try #require(json?["runs"] as? [[String: Any]])
        return try runs.map { try place.json("show", try #require($0["id"] as? String), "--json", "--store", store) }
    }

    /// Whether a run's last checkpoint is from the middle of training: history is committed with checkpoints only.
    private func isMidTraining(_ run: [String: Any]) -> Bool {
        let history = run["history"] as? [[String: Any]] ?? []
        return (1..<Self.steps).contains(history.last?["step"] as? Int ?? 0)
    }

    @Test("kill -9 at any moment, the same command again: the digest of an undisturbed sweep")
    func kill9() throws {
        let (place, expected, seconds) = try reference()
        var kills = 0
        var midTraining = 0
        // Together the pauses are 0.2 of the time that the sweep needs, so every kill finds work left even when the
        // machine is five times as fast as it was for the reference.
        for attempt in 0..<6 {
            let running = try place.start(
                "sweep", "tiny.json", "--store", "killed", "-q", "-j", "1", environment: Self.often)
            Thread.sleep(forTimeInterval: seconds * (0.02 + 0.005 * Double(attempt)))
            running.signal(SIGKILL)
            if running.wait().wasKilled { kills += 1 }
            midTraining += try interrupted(place, "killed").filter(isMidTraining).count
        }
        #expect(kills == 6)
        #expect(midTraining > 0)
        let last = try place.run("sweep", "tiny.json", "--store", "killed")
        #expect(last.status == 0, "\(last.errors)")
        #expect(try place.run("store", "digest", "--verify", "--store", "killed").output == expected)
    }

    @Test("--no-wait leaves runs to the process that does them, and says so with 75")
    func leftToOthers() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 10_000_000, seeds: 1)
        let first = try place.start("sweep", "tiny.json", "-q", "-j", "2")
        try place.awaitRunning(2)
        let second = try place.run("sweep", "tiny.json", "--no-wait")
        first.signal(SIGTERM)
        #expect(first.wait().status == 75)
        #expect(second.status == 75, "\(second.errors)")
        #expect(second.errors.contains("2 runs left to other processes"))
    }

    @Test("SIGTERM checkpoints, exits 75 within five seconds, and resume gives the same digest")
    func terminate() throws {
        let (place, expected, _) = try reference()
        // SIGTERM, not SIGINT: a test run in the background of a script has SIGINT ignored, and flowexp honours that.
        let running = try place.start("sweep", "tiny.json", "--store", "stopped", "-j", "1")
        try place.awaitRunning(1, store: "stopped")
        let began = Date()
        running.signal(SIGTERM)
        let result = running.wait()
        #expect(Date().timeIntervalSince(began) < 5)
        #expect(result.status == 75 && !result.wasKilled, "\(result.errors)")
        #expect(result.errors.contains("Resume with the same command"))
        #expect(try place.run("status", "--store", "stopped").errors.contains("flowexp resume tiny"))
        let resumed = try place.run("resume", "tiny", "--store", "stopped")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try place.run("store", "digest", "--store", "stopped").output == expected)
    }

    @Test("a killed attempt is shown as interrupted by reading commands and recorded by the next sweep")
    func deadAttempts() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 10_000_000, seeds: 1)
        let running = try place.start("sweep", "tiny.json", "-q", "-j", "1", environment: Self.often)
        try place.awaitRunning(1)
        running.signal(SIGKILL)
        #expect(running.wait().wasKilled)
        func outcomes() throws -> [String] {
            let runs = try interrupted(place, "runs")
            return runs.flatMap { $0["attempts"] as? [[String: Any]] ?? [] }.compactMap { $0["outcome"] as? String }
        }
        #expect(try outcomes() == ["not recorded"])
        #expect(try place.run("sweep", "tiny.json", "--limit", "0").status == 0)
        #expect(try outcomes() == ["interrupted"])
    }

    @Test("FLOWEXP_CHECKPOINT_SECONDS must be a positive number", arguments: ["0", "-1", "nan", "inf", "often", ""])
    func checkpointSeconds(text: String) throws {
        let place = try Workplace()
        try place.writeSpec()
        let result = try place.run("sweep", "tiny.json", environment: ["FLOWEXP_CHECKPOINT_SECONDS": text])
        #expect(result.status == 64 && result.errors.contains("FLOWEXP_CHECKPOINT_SECONDS"), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: place.path + "/runs"))
    }

    @Test("two sweeps at once share the runs: each is done once, both exit 0")
    func together() throws {
        let (place, expected, _) = try reference(steps: 1500)
        let first = try place.start("sweep", "tiny.json", "--store", "shared", "-j", "1")
        let second = try place.start("sweep", "tiny.json", "--store", "shared", "-j", "1")
        for result in [first.wait(), second.wait()] {
            #expect(result.status == 0, "\(result.errors)")
            #expect(!result.errors.contains("locked"))
        }
        let runs = try #require(try place.json("ls", "--json", "--store", "shared")["runs"] as? [[String: Any]])
        #expect(runs.count == 4)
        for run in runs { #expect(run["attempts"] as? Int == 1) }
        #expect(try place.run("store", "digest", "--store", "shared").output == expected)
    }
}
