import Catalog
import FlowMath
import Foundation
import Metrics
import Testing

/// C2ST against scikit-learn (Tests/Oracles/classifier.py) and the Bayes accuracy.
@Suite struct ClassifierTests {
    /// The same samples, several seeds each: the means agree within the seeds' spread.
    @Test func agreesWithScikitLearn() throws {
        let pairs = try #require(try oracle("classifier.json")["pairs"] as? [[String: Any]])
        #expect(pairs.count == 6)
        for pair in pairs {
            let name = pair["name"] ?? ""
            let dimension = try #require(pair["dimension"] as? Int)
            let a = Points(dimension: dimension, values: try #require(pair["a"] as? [Double]))
            let b = Points(dimension: dimension, values: try #require(pair["b"] as? [Double]))
            let theirs = try #require(pair["scores"] as? [Double])
            let bayes = try #require(pair["bayes"] as? Double)
            let ours = try (0..<3).map { seed in
                let found = try sampleMetric(named: "c2st", a, b, seed: UInt64(seed))
                #expect(found.count == 1 && found[0].sampleSizes == [400, 400])
                return try #require(found[0].value)
            }
            #expect(Set(ours).count > 1 || bayes > 0.99)
            let (mine, other) = (moments(ours), moments(theirs))
            // The spread of theirs over 6 seeds stands for ours over 3; one of 800 points is the resolution.
            let error = (other.variance * (1.0 / 3 + 1.0 / 6)).squareRoot()
            #expect(
                abs(mine.mean - other.mean) < 4 * error + 1.0 / 800,
                "\(name): \(mine.mean), scikit-learn \(other.mean) ± \(error)")
            // Nobody beats the Bayes rule but by the luck of 800 points; a learner is not far below it.
            #expect(mine.mean < bayes + 3 * (0.25 / 800).squareRoot(), "\(name)")
            #expect(mine.mean > bayes - 0.06, "\(name): \(mine.mean), Bayes \(bayes)")
        }
    }

    @Test func isAFunctionOfTheSeed() throws {
        let a = Mixture([(1, [0, 0], 1)]).sample(count: 60, stream: RandomStream(seed: 1, purpose: .reference))
        let b = Mixture([(1, [1, 0], 1)]).sample(count: 75, stream: RandomStream(seed: 2, purpose: .reference))
        let first = try sampleMetric(named: "c2st", a, b, seed: 3)
        #expect(try sampleMetric(named: "c2st", a, b, seed: 3) == first)
        #expect(first[0].sampleSizes == [60, 60])
        #expect(try sampleMetric(named: "c2st", a, b, seed: 4)[0].value != first[0].value)
        let fewer = try sampleMetric(named: "c2st", a, b, parameters: ["c2stSamples": .integer(40)], seed: 3)
        #expect(fewer[0].sampleSizes == [40, 40])
        // A constant coordinate is no coordinate to divide by.
        var flat = a
        for i in 0..<flat.count { flat[i, 1] = 7 }
        #expect(try sampleMetric(named: "c2st", flat, flat)[0].value != nil)
    }

    /// The metric with its floor: ½ for an exact flow, measured on pairs of exact samples.
    @Test func asAMetricOfARun() throws {
        let task = MixtureTask(mixture: twoModes())
        let small: [String: JSONValue] = ["c2stSamples": .integer(200), "floorRepetitions": .integer(3)]
        let equal = try #require(
            try values(task.mixture, task, key: "c2st", metrics: ["c2st"], parameters: small)["c2st"])
        #expect(equal.parameters == #"{"c2stSamples":200,"floorRepetitions":3}"#)
        let floor = try #require(equal.floor)
        #expect(floor.repetitions == 3 && abs(floor.mean - 0.5) < 0.06)
        #expect(try abs(#require(equal.value) - 0.5) < 0.1)
        let missing = Mixture([(1, [-2, 0], 0.5)])
        let found = try #require(
            try values(missing, task, key: "c2st", metrics: ["c2st"], parameters: small)["c2st"])
        // TV is ½: the best classifier is right in 3 of 4 cases.
        #expect(try abs(#require(found.value) - 0.75) < 0.08)
        let error = try #require(found.standardError)
        #expect(error > 0.01 && error < 0.03)
    }
}
