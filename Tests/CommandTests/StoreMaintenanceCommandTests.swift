import Foundation
import Testing

/// `store check`, `store repair` and `store migrate` as a person uses them.
struct StoreMaintenanceCommandTests {
    private func swept() throws -> Workplace {
        let place = try Workplace()
        try place.writeSpec()
        #expect(try place.run("sweep", "tiny.json", "-j", "2").status == 0)
        return place
    }

    @Test("with the database deleted, a repair gives the same digest and the same report, and a sweep starts nothing")
    func databaseDeleted() throws {
        let place = try swept()
        let digest = try place.run("store", "digest", "--verify").output
        let report = try place.run("report", "--metric", "mmd", "--json").output
        #expect(try place.run("store", "check").status == 0)
        try FileManager.default.removeItem(atPath: place.path + "/runs/flowexp.sqlite")

        for command in [["status"], ["sweep", "tiny.json"], ["report", "--metric", "mmd"]] {
            let refused = try Program.run(command, in: place.path)
            #expect(refused.status == 65 && refused.errors.contains("flowexp store repair"), "\(refused.errors)")
        }
        let check = try place.run("store", "check")
        #expect(check.status == 65 && check.output.contains("the database is missing"))
        #expect(check.errors.contains("flowexp store repair --dry-run"))
        let planned = try place.run("store", "repair", "--dry-run")
        #expect(planned.status == 0 && planned.output.contains("4 completed runs"))
        #expect(!FileManager.default.fileExists(atPath: place.path + "/runs/flowexp.sqlite"))

        let repaired = try place.json("store", "repair", "--json")
        #expect(repaired["schema"] as? String == "flowexp.store-repair/1" && repaired["completed"] as? Int == 4)
        #expect(try place.run("store", "digest", "--verify").output == digest)
        #expect(try place.run("report", "--metric", "mmd", "--json").output == report)
        let again = try place.run("sweep", "tiny.json")
        #expect(again.status == 0 && again.errors.contains("Nothing to start"))
        #expect(try place.run("store", "repair").output.contains("nothing is damaged"))
    }

    @Test("a damaged weight file is named, put away, and the run done again with the same numbers")
    func damagedResult() throws {
        let place = try swept()
        let digest = try place.run("store", "digest").output
        let runs = try FileManager.default.contentsOfDirectory(atPath: place.path + "/runs/artefacts").sorted()
        let file = "artefacts/\(runs[0])/published-1/parameters.safetensors"
        let url = URL(fileURLWithPath: place.path + "/runs/" + file)
        var data = try Data(contentsOf: url)
        data[data.count - 5] ^= 4
        try data.write(to: url)

        let quick = try place.run("store", "check", "--quick")
        #expect(quick.status == 0)
        let check = try place.run("store", "check", "--json")
        #expect(check.status == 65 && check.output.contains(file) && check.output.contains("flowexp.store-check/1"))
        let repair = try place.run("store", "repair")
        #expect(repair.status == 0)
        #expect(repair.output.contains("run \(runs[0])") && repair.output.contains("with the same numbers"))
        #expect(repair.errors.contains("flowexp resume"))
        #expect(try place.run("store", "check").status == 0)
        #expect(try place.run("resume").status == 0)
        #expect(try place.run("store", "digest", "--verify").output == digest)
    }

    @Test("migrate says what it found, and a missing store ends with 66")
    func migrate() throws {
        let place = try swept()
        let result = try place.run("store", "migrate")
        #expect(result.status == 0 && result.output.contains("there was nothing to do"))
        try FileManager.default.removeItem(atPath: place.path + "/runs/revisions")
        let noted = try place.run("store", "check")
        #expect(noted.status == 0 && noted.errors.contains("flowexp store migrate"))
        let written = try place.json("store", "migrate", "--json")
        #expect((written["written"] as? [String])?.count == 1 && written["backup"] is NSNull)
        for command in ["check", "repair", "migrate"] {
            #expect(try place.run("store", command, "--store", "nowhere").status == 66)
        }
    }
}
