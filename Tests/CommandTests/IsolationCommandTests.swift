import Foundation
import Testing

/// `sweep --isolate`, attributed deaths, and time limits, on the real program.
@Suite(.serialized) struct IsolationCommandTests {
    private func states(_ place: Workplace, _ store: String) throws -> [String: Int] {
        let runs = try #require(try place.json("ls", "--json", "--store", store)["runs"] as? [[String: Any]])
        var counts: [String: Int] = [:]
        for run in runs {
            let code = (run["failureCode"] as? String).map { ":" + $0 } ?? ""
            counts[(run["state"] as? String ?? "?") + code, default: 0] += 1
        }
        return counts
    }

    private func digest(_ place: Workplace, _ store: String) throws -> String {
        try place.run("store", "digest", "--verify", "--store", store).output
    }

    @Test("the same numbers with and without processes of their own, in one sweep and interrupted")
    func sameDigest() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 1500)
        #expect(try place.run("sweep", "tiny.json", "--store", "plain").status == 0)
        let expected = try digest(place, "plain")
        let isolated = try place.run("sweep", "tiny.json", "--store", "isolated", "--isolate", "-j", "2")
        #expect(isolated.status == 0 && isolated.errors.contains("Done: 4 of 4"), "\(isolated.errors)")
        #expect(try digest(place, "isolated") == expected)
        let running = try place.start(
            "sweep", "tiny.json", "--store", "stopped", "--isolate", "-j", "2",
            environment: ["FLOWEXP_CHECKPOINT_SECONDS": "0.02"])
        Thread.sleep(forTimeInterval: 0.15)
        let began = Date()
        running.signal(SIGTERM)
        let stopped = running.wait()
        #expect(Date().timeIntervalSince(began) < 5)
        #expect([0, 75, SIGTERM].contains(stopped.status), "\(stopped.errors)")
        #expect(try place.run("sweep", "tiny.json", "--store", "stopped", "--isolate").status == 0)
        #expect(try digest(place, "stopped") == expected)
    }

    #if os(Linux)
        @Test("a process that is itself stopped does not stay behind and hold its run")
        func stoppedProcess() throws {
            let place = try Workplace()
            try place.writeSpec(steps: 100_000_000)
            let running = try place.start("sweep", "tiny.json", "--isolate", "-j", "1")
            var workers: [String] = []
            let deadline = Date() + 20
            while workers.isEmpty && Date() < deadline {
                usleep(50_000)
                workers = children(of: running.process.processIdentifier)
            }
            #expect(!workers.isEmpty)
            usleep(300_000)
            for worker in workers { kill(Int32(worker) ?? 0, SIGSTOP) }
            running.signal(SIGTERM)
            #expect(running.wait().status == 75)
            usleep(300_000)
            for worker in workers {
                #expect(!isAlive(worker))
                if isAlive(worker) { kill(Int32(worker) ?? 0, SIGKILL) }
            }
        }
    #endif

    @Test("metrics added later are computed in the processes, too")
    func evaluation() throws {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json", "--store", "a", "--isolate").status == 0)
        try place.writeSpec(metrics: #""mmd","kl""#)
        let result = try place.run("sweep", "tiny.json", "--store", "a", "--isolate")
        #expect(result.status == 0 && result.errors.contains("4 evaluated without training"), "\(result.errors)")
        #expect(try place.run("sweep", "tiny.json", "--store", "b").status == 0)
        #expect(try digest(place, "a") == digest(place, "b"))
    }

    @Test("a fatal signal ends one run, after three deaths", arguments: ["trap", "overflow", "memory"])
    func crashes(kind: String) throws {
        let place = try Workplace()
        try place.writeSpec(steps: 200)
        let result = try place.run(
            "sweep", "tiny.json", "--isolate", "-j", "2", environment: ["FLOWEXP_FAULT": "\(kind):seed=1,step=100"])
        #expect(result.status == 1 && result.errors.contains("died 3 times"), "\(result.errors)")
        #expect(try states(place, "runs") == ["completed": 2, "failed:crashed": 2])
    }

    @Test("without --isolate each death ends the sweep, the same command goes on, and a retry gives the usual numbers")
    func crashesOfTheSweep() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 200)
        let variables = ["FLOWEXP_FAULT": "segfault:seed=1,step=100", "SWIFT_BACKTRACE": "enable=no"]
        var deaths = 0
        while deaths < 20 {
            let result = try place.run("sweep", "tiny.json", "-j", "1", environment: variables)
            if !result.wasKilled {
                #expect(result.status == 1, "\(result.errors)")
                break
            }
            deaths += 1
        }
        #expect(deaths == 6)
        #expect(try states(place, "runs") == ["completed": 2, "failed:crashed": 2])
        #expect(try place.run("sweep", "tiny.json", "--retry-failed", "--isolate").status == 0)
        #expect(try place.run("sweep", "tiny.json", "--store", "plain").status == 0)
        #expect(try digest(place, "runs") == digest(place, "plain"))
    }

    @Test("SIGKILL of a process never counts: the run is left to be continued, exit 75")
    func killed() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 1)
        let result = try place.run(
            "sweep", "tiny.json", "--isolate", environment: ["FLOWEXP_FAULT": "kill:phase=evaluation"])
        #expect(result.status == 75 && result.errors.contains("kept dying"), "\(result.errors)")
        #expect(try states(place, "runs") == ["interrupted": 2])
        #expect(try place.run("sweep", "tiny.json").status == 0)
    }

    @Test("--timeout ends a true hang with --isolate; a longer one goes on from the checkpoint")
    func hang() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 2)
        let began = Date()
        let result = try place.run(
            "sweep", "tiny.json", "--isolate", "-j", "2", "--timeout", "5s",
            environment: ["FLOWEXP_FAULT": "hang:seed=1,step=30"])
        #expect(Date().timeIntervalSince(began) < 60)
        #expect(result.status == 1 && result.errors.contains("its process was ended"), "\(result.errors)")
        #expect(try states(place, "runs") == ["completed": 2, "failed:timeout": 2])
        #expect(try place.run("sweep", "tiny.json").status == 1)
        let again = try place.run("sweep", "tiny.json", "--isolate", "--retry-failed", "--timeout", "1h")
        #expect(again.status == 0, "\(again.errors)")
    }

    @Test("processes end with their sweep, also when it is killed")
    func orphans() throws {
        let place = try Workplace()
        try place.writeSpec(steps: 100_000_000)
        let running = try place.start("sweep", "tiny.json", "--isolate", "-j", "2", "-q")
        var workers: [String] = []
        for _ in 0..<200 where workers.count < 2 {
            Thread.sleep(forTimeInterval: 0.05)
            workers = children(of: running.process.processIdentifier)
        }
        #expect(workers.count == 2)
        // The terminal's Ctrl-C reaches them as well; only their sweep tells them to stop.
        for worker in workers { kill(pid_t(worker) ?? 0, SIGINT) }
        Thread.sleep(forTimeInterval: 0.2)
        #expect(children(of: running.process.processIdentifier) == workers)
        running.signal(SIGKILL)
        #expect(running.wait().wasKilled)
        for _ in 0..<100 where workers.contains(where: isAlive) { Thread.sleep(forTimeInterval: 0.05) }
        #expect(!workers.contains(where: isAlive))
    }

    private func isAlive(_ pid: String) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return !text.contains(") Z")
    }

    private func children(of pid: Int32) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int32(name) != nil, let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return false }
            let fields = text[text.index(after: end)...].split(separator: " ")
            return fields.count > 1 && fields[1] == "\(pid)" && fields[0] != "Z"
        }.sorted()
    }

    @Test("'worker' is not for people: not in the help, and it says so")
    func worker() throws {
        let place = try Workplace()
        #expect(try !place.run("--help").output.contains("worker "))
        let result = try place.run("worker")
        #expect(result.status == 64 && result.errors.contains("--isolate"))
    }
}
