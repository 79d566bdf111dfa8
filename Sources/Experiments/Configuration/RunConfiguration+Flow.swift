import Catalog
import Flows
import Tasks

extension RunConfiguration {
    /// Whether the run trains one flow q(θ|x) for every observation x, and not one q(θ) for the task's own.
    public var isAmortised: Bool { training["objective"]?.stringValue == "amortised" }

    /// Whether the number of components of a mixture base is found when the run starts, so that the configuration does
    /// not say it.
    public var choosesComponents: Bool { base.parameters["components"]?.stringValue == "auto" }

    /// The flow of the run, without parameters: the one place that makes it.
    ///
    /// - `task`: the configuration's own.
    /// - `components`: K where ``choosesComponents``; nil otherwise.
    ///
    /// Throws a parameter's error or ``ConfigurationError``.
    public func makeFlow(task: any InferenceTask, components: Int? = nil) throws -> Flow {
        var base = base
        if let components { base.parameters["components"] = .integer(components) }
        let baseConfiguration = try BaseConfiguration(base)
        let contextDimension = isAmortised ? task.observation.count : 0
        if case .conditionalGaussianMixture = baseConfiguration, contextDimension == 0 {
            throw ConfigurationError(
                "base '\(base.name)' depends on an observation, which this run has not",
                remedy: "use it with the objective amortised on a task with observations")
        }
        return Flow(
            dimension: task.dimension, contextDimension: contextDimension, bounds: task.priorBox,
            configuration: try FlowConfiguration(flow), base: baseConfiguration)
    }
}
