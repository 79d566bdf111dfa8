import Foundation
import Testing

/// Promise R14 on the program: a flow that overflowed is never read as numbers.
struct OverflowTests {
    @Test("metrics are null with a reason, skipped batches are noted, and draws that are no numbers are warned of")
    func overflow() throws {
        let place = try Workplace()
        try place.write(
            """
            {"name": "big", "task": "two-moons",
             "flow": {"couplingLayers": 32, "hiddenSizes": [16], "logScaleLimit": 10, "actNorm": false},
             "training": {"draws": 500, "batch": 32, "steps": 4, "learningRate": 10, "gradientClip": 0,
                          "schedule": "constant", "warmupSteps": 0},
             "evaluation": {"metrics": ["kl", "leakage"], "samples": 100}}
            """, to: "big.json")
        #expect(try place.run("sweep", "big.json", "--store", "s", "-q").status == 0)
        let runs = try place.json("ls", "--store", "s", "--json")["runs"] as? [[String: Any]]
        let id = try #require(runs?.first?["id"] as? String)
        let metrics = try place.json("show", id, "--store", "s", "--json")["metrics"] as? [String: [String: Any]]
        for name in ["kl", "leakage"] {
            #expect(metrics?[name]?["value"] is NSNull)
            #expect((metrics?[name]?["reason"] as? String)?.contains("100 of 100") == true)
        }
        #expect(try place.run("logs", id, "--store", "s").output.contains("batches had no finite loss"))
        let sampled = try place.run("sample", id, "--store", "s", "--count", "50")
        #expect(sampled.status == 0 && sampled.errors.contains("50 of 50 draws are not finite"), "\(sampled.errors)")
        let report = try place.run("report", "--metric", "kl", "--store", "s")
        #expect(!report.output.contains("nan") && report.output.contains("not usable"), "\(report.output)")
    }
}
