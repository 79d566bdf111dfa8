import Catalog
import Tasks
import Testing

/// A task with parameter values, for parameterised tests.
struct TaskSetting: Sendable, CustomTestStringConvertible {
    var name: String
    var parameters: ParameterValues = [:]

    var testDescription: String {
        let values = parameters.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ([name] + values).joined(separator: " ")
    }

    func make() throws -> any InferenceTask {
        try TaskCatalog.make(ComponentChoice(name: name, parameters: parameters))
    }

    /// Every task at its defaults: a new task is tested as soon as it is in the catalog.
    static let defaults = TaskCatalog.entries.map { TaskSetting(name: $0.description.name) }

    /// Simulated at θ₂ = −2.9: the mean of the points lies outside the box.
    private static let slcpOutside = JSONValue.array(
        [0.054, -3.49, 1.243, -2.599, 2.275, -2.222, -1.199, -3.708].map { .number($0) })

    /// Other values, mostly at the ends of the ranges, where they are wide enough for the check's grid.
    static let others = [
        TaskSetting(name: "corners", parameters: ["standardDeviation": .number(1)]),
        TaskSetting(name: "corners", parameters: ["standardDeviation": .number(0.05)]),
        TaskSetting(name: "cube", parameters: ["standardDeviation": .number(0.75)]),
        TaskSetting(name: "ring", parameters: ["modes": .integer(2)]),
        TaskSetting(name: "ring", parameters: ["modes": .integer(2), "relativeWidth": .number(2)]),
        TaskSetting(name: "ring", parameters: ["modes": .integer(3), "relativeWidth": .number(2)]),
        TaskSetting(name: "ring", parameters: ["modes": .integer(64), "relativeWidth": .number(2)]),
        TaskSetting(name: "two-moons", parameters: ["radialWidth": .number(0.05)]),
        TaskSetting(name: "two-moons", parameters: ["radialWidth": .number(0.4), "horizontalWidth": .number(0.6)]),
        TaskSetting(name: "rings", parameters: ["rings": .integer(5), "standardDeviation": .number(0.25)]),
        TaskSetting(name: "rings", parameters: ["rings": .integer(3)]),
        TaskSetting(name: "unequal", parameters: ["relativeWidth": .number(1.5)]),
        TaskSetting(name: "quadratic-2d", parameters: ["noise": .number(3), "halfWidth": .number(1)]),
        TaskSetting(name: "quadratic-2d", parameters: ["observation": .array([.number(-0.5), .number(1)])]),
        TaskSetting(name: "quadratic-2d", parameters: ["observation": .array([.number(0), .number(-2)])]),
        TaskSetting(name: "quadratic-2d", parameters: ["noise": .number(1), "halfWidth": .number(1.5)]),
        TaskSetting(
            name: "quadratic-3d",
            parameters: ["noise": .number(1), "observation": .array([.number(4), .number(0.2), .number(-1)])]),
        TaskSetting(name: "sbibm-two-moons", parameters: ["observation": .array([.number(-0.8), .number(0.37)])]),
        TaskSetting(name: "slcp", parameters: ["observation": slcpOutside]),
        TaskSetting(name: "signs", parameters: ["dimension": .integer(2)]),
        TaskSetting(
            name: "signs", parameters: ["dimension": .integer(3), "standardDeviation": .number(0.75)]),
        TaskSetting(name: "signs", parameters: ["dimension": .integer(8)]),
        TaskSetting(name: "gaussian-linear", parameters: ["dimension": .integer(2)]),
        TaskSetting(name: "two-scale", parameters: ["observation": .array([.number(10.5), .number(-5.2)])]),
    ]
}
