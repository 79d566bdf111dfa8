import Catalog
import Experiments
import Tasks
import Testing

@Suite struct ObservationSupportTests {
    private func support(_ name: String, _ parameters: ParameterValues = [:]) throws -> ObservationSupport? {
        let description = try #require(TaskCatalog.entry(named: name)).description
        var choice = ComponentChoice(name: name, parameters: parameters)
        for parameter in description.parameters where choice.parameters[parameter.name] == nil {
            choice.parameters[parameter.name] = parameter.defaultValue
        }
        return try ObservationSupport(of: TaskCatalog.make(choice), chosenBy: choice)
    }

    @Test(
        "the task's own observation and the fixed ones are what it simulates",
        arguments: TaskCatalog.entries.map(\.description.name))
    func own(_ name: String) throws {
        let task = try TaskCatalog.make(ComponentChoice(name: name))
        guard let simulator = task as? any SimulatorTask else {
            #expect(try support(name) == nil)
            return
        }
        let support = try #require(try support(name))
        for observation in [simulator.observation] + simulator.fixedObservations {
            #expect(support.problem(with: observation) == nil, "\(name): \(observation)")
        }
        let far = [Double](repeating: 1e6, count: simulator.observation.count)
        #expect(support.problem(with: far)?.hasPrefix("x0 = 1000000.0 lies outside") == true, "\(name)")
    }

    @Test("a task of fewer dimensions than its parameter has numbers")
    func dimensions() throws {
        let description = try #require(TaskCatalog.entry(named: "gaussian-linear")).description
        #expect(description.parameters.contains { $0.name == "dimension" })
        let support = try #require(try support("gaussian-linear", ["dimension": .integer(2)]))
        #expect(support.problem(with: [0.1, -0.2]) == nil)
    }

    @Test("within each number's range, and still no x that a spec would take")
    func refused() throws {
        // Both numbers occur, not together: the arc of θ's that would yield this x is outside the prior's box.
        let support = try #require(try support("sbibm-two-moons"))
        #expect(support.problem(with: [-1, 1.2])?.contains("some θ of the prior's box") == true)
    }
}
