import Foundation
import Testing

/// The store-scale workload itself: its store is one on which a sweep has nothing to do.
struct StoreScaleTests {
    @Test("invented results are whole ones, and every timed command works on them")
    func workload() throws {
        let place = try Workplace()
        let bench = [
            "bench", "--workload", "store-scale", "--runs", "200", "--history", "5", "--repetitions", "1", "--keep",
            "big",
            "--json",
        ]
        let result = try Program.run(bench, in: place.path)
        #expect(result.status == 0, "\(result.errors)")
        let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        let rows = try #require(json?["rows"] as? [[String: Any]])
        #expect(json?["runs"] as? Int == 200 && rows.count == 11)
        #expect(rows.allSatisfy { $0["seconds"] is Double })
        #expect(try place.run("store", "digest", "--verify", "--store", "big/runs").status == 0)
        let again = try place.run("sweep", "big/store-scale.json", "--store", "big/runs")
        #expect(again.status == 0 && again.errors.contains("Nothing to start: all 200 runs are completed"))
        #expect(try place.run("bench", "--runs", "100").status == 64)
    }
}
