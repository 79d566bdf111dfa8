import Catalog
import FlowMath

/// The classifier two-sample test.
struct ClassifierTwoSampleTest: Metric {
    let description = ComponentDescription(
        name: "c2st", version: 1,
        summary: "Accuracy of a trained classifier between flow and posterior samples; ½ cannot be told apart.",
        definition: """
            stratified 5-fold cross-validated accuracy on n = `c2stSamples` points of each side; classifier: perceptron \
            D–10D–10D–1 with ReLU on coordinates standardised by the posterior sample, trained as scikit-learn's \
            MLPClassifier (Adam 1e-3, batches of 200, L2 1e-4, until the loss has not fallen by 1e-4 for more than 10 \
            epochs), sbibm's choice. It is weaker than the best classifier (`c2st-exact`): it can read ½ where TV is \
            several per cent
            """,
        source: "Lopez-Paz & Oquab 2017; classifier: Lueckmann et al. 2021, Benchmarking simulation-based inference",
        parameters: MetricCatalog.evaluationParameters(["c2stSamples", "floorRepetitions"]))

    func measure(_ evaluation: Evaluation) -> [Measurement] {
        let count = evaluation.settings.c2stSamples
        let sizes = [count, count]
        if let problem = evaluation.flowProblem(count) {
            return [Measurement(name, reason: problem, sampleSizes: sizes)]
        }
        let result = classifierTest(
            evaluation.referencePoints(count), evaluation.flowPoints(count), stream: evaluation.stream(.classifier))
        switch result {
        case .failure(let problem): return [Measurement(name, reason: problem.description, sampleSizes: sizes)]
        case .success(let estimate):
            return [Measurement(name, estimate.value, standardError: estimate.standardError, sampleSizes: sizes)]
        }
    }
}
