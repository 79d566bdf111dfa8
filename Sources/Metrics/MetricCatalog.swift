import Catalog

/// Every metric that a spec or `--metric` can name, and the parameters of the `evaluation` section.
public enum MetricCatalog {
    /// All metrics in the order in which they are listed.
    public static let descriptions: [ComponentDescription] = []

    /// The parameters of the `evaluation` section of a spec.
    public static let evaluationParameters: [ParameterDescription] = []
}
