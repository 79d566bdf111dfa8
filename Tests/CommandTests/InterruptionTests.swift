import Foundation
import Testing

/// Killing, stopping, and two sweeps at once: nothing is lost, nothing is done twice, the numbers stay the same.
struct InterruptionTests {
    /// A sweep of a few seconds, and the digest it has when nothing happens to it.
    private func reference() throws -> (Workplace, String) {
        let place = try Workplace()
        try place.writeSpec(steps: 1500)
        let result = try place.run("sweep", "tiny.json", "--store", "undisturbed")
        #expect(result.status == 0, "\(result.errors)")
        return (place, try place.run("store", "digest", "--store", "undisturbed").output)
    }

    @Test("kill -9 at any moment, the same command again: the digest of an undisturbed sweep")
    func kill9() throws {
        let (place, expected) = try reference()
        var kills = 0
        for attempt in 0..<8 {
            let running = try place.start("sweep", "tiny.json", "--store", "killed", "-q")
            Thread.sleep(forTimeInterval: 0.15 + 0.13 * Double(attempt))
            running.signal(SIGKILL)
            let result = running.wait()
            if !result.wasKilled { break }
            kills += 1
        }
        #expect(kills > 0)
        let last = try place.run("sweep", "tiny.json", "--store", "killed")
        #expect(last.status == 0, "\(last.errors)")
        #expect(try place.run("store", "digest", "--verify", "--store", "killed").output == expected)
    }

    @Test("SIGTERM checkpoints, exits 75 within five seconds, and resume gives the same digest")
    func terminate() throws {
        let (place, expected) = try reference()
        // SIGTERM, not SIGINT: a test run in the background of a script has SIGINT ignored, and flowexp honours that.
        let running = try place.start("sweep", "tiny.json", "--store", "stopped")
        Thread.sleep(forTimeInterval: 0.4)
        let began = Date()
        running.signal(SIGTERM)
        let result = running.wait()
        #expect(Date().timeIntervalSince(began) < 5)
        if result.status != 0 {
            #expect(result.status == 75 && !result.wasKilled, "\(result.errors)")
            #expect(result.errors.contains("Resume with the same command"))
            let status = try place.run("status", "--store", "stopped")
            #expect(status.errors.contains("flowexp resume tiny"))
        }
        let resumed = try place.run("resume", "tiny", "--store", "stopped")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try place.run("store", "digest", "--store", "stopped").output == expected)
    }

    @Test("two sweeps at once share the runs: each is done once, both exit 0")
    func together() throws {
        let (place, expected) = try reference()
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
