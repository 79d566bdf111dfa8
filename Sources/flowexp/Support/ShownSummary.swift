import Catalog

/// Those of the deterministic numbers about a run that lists and reports show.
struct ShownSummary: Sendable {
    /// Components of the trained base; nil before the run is done and for bases without.
    var componentsUsed: Int?
    /// Modes that a base with `"components": "auto"` saw in the draws.
    var modesEstimated: Int?
    /// What the training spent.
    var likelihoodEvaluations: Double?
    /// What its pool was worth.
    var effectiveSampleSize: Double?
    /// Which instruction set made the numbers.
    var numericsVariant: String?
}

/// Reads them from a run's summary, without what else is in it.
struct SummaryReader {
    private let names = [
        "componentsUsed", "modesEstimated", "likelihoodEvaluations", "effectiveSampleSize", "numericsVariant",
    ]

    /// Empty when the text is no JSON object.
    func read(_ text: String?) -> ShownSummary {
        guard let text, let values = try? JSONValue.members(names, ofObject: text) else { return ShownSummary() }
        return ShownSummary(
            componentsUsed: values[0]?.integerValue, modesEstimated: values[1]?.integerValue,
            likelihoodEvaluations: values[2]?.doubleValue, effectiveSampleSize: values[3]?.doubleValue,
            numericsVariant: values[4]?.stringValue)
    }
}
