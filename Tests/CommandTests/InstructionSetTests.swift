import Foundation
import Testing

/// The same sweep under every instruction set that this machine has: tables of one numerics variant give the same
/// digest, whatever the number of workers.
struct InstructionSetTests {
    /// The variant that a named table reports; nil when the machine lacks it.
    private func variant(_ isa: String, _ place: Workplace) throws -> String? {
        let result = try place.run("--version", "--json", environment: ["FLOWEXP_ISA": isa])
        if result.status == 64 { return nil }
        let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(value?["instructionSet"] as? String == isa)
        return value?["numericsVariant"] as? String
    }

    @Test("AVX2, AVX-512 and any number of workers give one digest; the portable kernels one of their own")
    func digests() throws {
        let place = try Workplace()
        try place.writeSpec(seeds: 2, metrics: #""kl", "mmd", "sliced-w2""#)
        var digests: [String: Set<String>] = [:]
        for isa in ["avx512", "avx2", "portable"] {
            guard let variant = try variant(isa, place) else {
                print("SKIPPED: this machine has no \(isa); its digest was not compared")
                continue
            }
            for workers in ["1", "2"] {
                let store = "\(isa)-\(workers)"
                let swept = try place.run(
                    "sweep", "tiny.json", "--store", store, "-q", "-j", workers, environment: ["FLOWEXP_ISA": isa])
                #expect(swept.status == 0, "\(isa): \(swept.errors)")
                let digest = try place.run("store", "digest", "--verify", "--store", store)
                #expect(digest.status == 0 && digest.output.count >= 64)
                digests[variant, default: []].insert(digest.output)
                let runs =
                    try JSONSerialization.jsonObject(
                        with: Data(try place.run("ls", "--json", "--store", store).output.utf8)) as? [String: Any]
                let id = try #require(((runs?["runs"] as? [[String: Any]])?.first)?["id"] as? String)
                let shown = try place.run("show", id, "--json", "--store", store)
                #expect(shown.output.contains(variant), "the run does not say its numerics variant")
            }
        }
        #expect(digests["muladd16"]?.count == 1, "the portable kernels run everywhere and give one digest")
        for (variant, found) in digests { #expect(found.count == 1, "\(variant): \(found.count) digests") }
        #if arch(x86_64)
            // Rounding differs without fused operations: were these equal, the tables would not have been switched.
            if let fused = digests["fma16"] { #expect(fused != digests["muladd16"]) }
        #endif
    }

    @Test("a checkpoint of another numerics variant is not continued: the run starts from 0 and says so")
    func otherNumerics() throws {
        let place = try Workplace()
        let own = try place.json("--version", "--json")["numericsVariant"] as? String
        guard let portable = try variant("portable", place), portable != own else {
            print("SKIPPED: this machine has one numerics variant only")
            return
        }
        try place.writeSpec(steps: 6000, seeds: 1, metrics: #""kl""#)
        // Killed in the first run, long after its first checkpoint.
        let killed = try place.run(
            "sweep", "tiny.json", "--store", "s", "-q", "-j", "1",
            environment: [
                "FLOWEXP_ISA": "portable", "FLOWEXP_FAULT": "kill:step=5000", "FLOWEXP_CHECKPOINT_SECONDS": "0.001",
            ])
        #expect(killed.wasKilled)
        #expect(try place.run("sweep", "tiny.json", "--store", "s", "-q").status == 0)
        let runs = try place.json("ls", "--json", "--store", "s")["runs"] as? [[String: Any]] ?? []
        let notes = try runs.compactMap { $0["id"] as? String }.map { try place.run("logs", $0, "--store", "s").output }
        #expect(
            notes.count { $0.contains("numerics variant \(portable)") && $0.contains("starting from 0") } == 1,
            "\(notes)")
        #expect(try place.run("sweep", "tiny.json", "--store", "straight", "-q").status == 0)
        let digest = try place.run("store", "digest", "--store", "s").output
        #expect(try place.run("store", "digest", "--store", "straight").output == digest)
    }

    @Test(
        "an unknown or missing instruction set is a usage error, not a silent choice",
        arguments: ["avx", "sse9", "AVX2"])
    func unknown(isa: String) throws {
        let result = try Workplace().run("list", environment: ["FLOWEXP_ISA": isa])
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.contains("'\(isa)' (FLOWEXP_ISA)") && result.errors.contains("avx512, avx2 or portable"))
    }
}
