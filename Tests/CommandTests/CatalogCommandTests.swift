import Foundation
import Testing

/// `list` and `describe`: nothing that a spec can name lacks its definition, its source, its version or its parameters'
/// ranges and defaults.
@Suite struct CatalogCommandTests {
    private static let kinds = ["tasks", "bases", "bijections", "objectives", "metrics"]

    private func components(_ kind: String) throws -> [[String: Any]] {
        let output = try Program.run(["list", kind, "--json"], in: "/").output
        let document = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        return try #require(document?["components"] as? [[String: Any]])
    }

    /// A source is a publication with its year, or says that the definition is ours or a closed form.
    private static func isSource(_ text: String) -> Bool {
        text.contains(#/\b(1[89]|20)\d\d\b/#) || text.hasPrefix("Own definition") || text.hasPrefix("Closed form")
    }

    @Test("every component is described whole", arguments: kinds)
    func described(_ kind: String) throws {
        let components = try components(kind)
        #expect(components.count >= 2)
        for component in components {
            let name = try #require(component["name"] as? String)
            func text(_ key: String) -> String { component[key] as? String ?? "" }
            #expect(text("summary").count > 20, "\(name): summary")
            #expect(text("definition").count > 20, "\(name): definition")
            #expect(Self.isSource(text("source")), "\(name): source '\(text("source"))'")
            #expect(component["version"] as? Int ?? 0 >= 1, "\(name): version")
            let parameters = try #require(component["parameters"] as? [[String: Any]], "\(name)")
            for parameter in parameters {
                let own = "\(name).\(parameter["name"] as? String ?? "?")"
                #expect(!(parameter["allowed"] as? String ?? "").isEmpty, "\(own): what is allowed")
                #expect((parameter["summary"] as? String ?? "").count > 10, "\(own): summary")
                #expect(parameter["default"] != nil, "\(own): default")
            }
            let described = try Program.run(["describe", name], in: "/")
            #expect(described.status == 0)
            #expect(described.output.contains("\(name): "), "\(name)")
            #expect(described.output.contains("definition: \(text("definition"))"), "\(name)")
            #expect(described.output.contains("source: \(text("source"))"), "\(name)")
            #expect(described.output.contains("version \(component["version"] ?? 0)"), "\(name)")
            for parameter in parameters {
                let line = "\(parameter["name"] ?? ""): \(parameter["allowed"] ?? ""); "
                #expect(described.output.contains(line), "\(name): \(line)")
            }
        }
    }

    @Test("tasks say whether one flow can be trained for every x")
    func simulators() throws {
        let able = try components("tasks").filter { $0["simulator"] as? Bool == true }.compactMap {
            $0["name"] as? String
        }
        #expect(Set(able).isSuperset(of: ["slcp", "sbibm-two-moons", "quadratic-2d"]) && !able.contains("ring"))
        #expect(try components("bases").allSatisfy { $0["simulator"] == nil })
        let listed = try Program.run(["list", "tasks"], in: "/")
        #expect(listed.output.components(separatedBy: "[amortised]").count == able.count + 1)
        #expect(listed.errors.contains("[amortised]: the task has a simulator"))
        #expect(
            try Program.run(["describe", "slcp"], in: "/").output.contains("amortised: yes, the task has a simulator"))
        #expect(
            try Program.run(["describe", "ring"], in: "/").output.contains("amortised: no, the task has no simulator"))
    }

    @Test("a flow's and an objective's own parameters stand with it")
    func ownParameters() throws {
        func names(_ kind: String, _ component: String) throws -> Set<String> {
            let found = try components(kind).first { $0["name"] as? String == component }
            let parameters = try #require(found?["parameters"] as? [[String: Any]])
            return Set(parameters.compactMap { $0["name"] as? String })
        }
        #expect(try names("bijections", "spline") == ["bins", "tailBound"])
        #expect(try names("objectives", "amortised").isSuperset(of: ["candidates", "includeGenerating"]))
    }
}
