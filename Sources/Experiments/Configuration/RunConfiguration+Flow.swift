import Catalog
import Flows
import Tasks

extension RunConfiguration {
    /// Whether the number of components of a mixture base is found when the run starts, so that the configuration does
    /// not say it.
    public var choosesComponents: Bool { base.parameters["components"]?.stringValue == "auto" }

    /// The flow of the run, without parameters: the one place that makes it.
    ///
    /// - `task`: the configuration's own.
    /// - `components`: K where ``choosesComponents``; nil otherwise.
    ///
    /// Throws a parameter's error.
    public func makeFlow(task: any InferenceTask, components: Int? = nil) throws -> Flow {
        var base = base
        if let components { base.parameters["components"] = .integer(components) }
        return Flow(
            dimension: task.dimension, bounds: task.priorBox, configuration: try FlowConfiguration(flow),
            base: try BaseConfiguration(base))
    }
}
