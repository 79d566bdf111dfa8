import Catalog
import Experiments
import Foundation
import Testing

/// The experiments in `experiments/` are valid against the real catalogs and stand for what their questions need.
@Suite struct ShippedExperimentsTests {
    private static let directory = repository.appending(path: "experiments")

    private func spec(_ name: String) throws -> ExperimentSpec {
        let bytes = [UInt8](try Data(contentsOf: Self.directory.appending(path: name + ".json")))
        return try ExperimentSpec.read(bytes: bytes, fileName: name + ".json")
    }

    @Test func everyFileIsValidWithoutWarnings() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
            .filter { $0.hasSuffix(".json") }
        #expect(files.count >= 4)
        for file in files {
            let name = String(file.dropLast(5))
            let spec = try spec(name)
            #expect(spec.name == name, "the name is the file's")
            #expect(spec.warnings.diagnostics.isEmpty, "\(spec.warnings)")
            #expect(!spec.plan.description.isEmpty)
            #expect(Set(spec.plan.runs.map(\.id)).count == spec.plan.runs.count)
        }
    }

    @Test func theMainExperiment() throws {
        let plan = try spec("gmm_vs_gauss").plan
        #expect(plan.headline == "4 tasks × 2 bases × 2 depths × 5 seeds = 80 runs")
        #expect(plan.notes.isEmpty)
        // The matched number of components is 2, 3, 4 and 8.
        let components = Set(plan.runs.compactMap { $0.configuration.value(at: "base.components")?.integerValue })
        #expect(components == [2, 3, 4, 8])
    }

    @Test func theOthers() throws {
        #expect(try spec("mode_count").plan.runs.count == (3 * 5 * 2 - 2) * 5)
        #expect(try spec("fair_baseline").plan.varyingPaths.contains("base.components"))
        #expect(try spec("coupling_depth").plan.varyingPaths.contains("flow.couplingLayers"))
    }
}
