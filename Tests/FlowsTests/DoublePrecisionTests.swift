import FlowMath
import Flows
import TestSupport
import Testing

/// log q in double precision against the formulas in plain loops and against the engine.
@Suite struct DoublePrecisionTests {
    /// Representable in single precision, as the evaluation takes them.
    private func rounded(_ points: Points) -> Points {
        Points(dimension: points.dimension, values: points.values.map { Double(Float($0)) })
    }

    @Test(arguments: FlowCase.all)
    func equalsTheReference(_ row: FlowCase) {
        let (flow, parameters) = row.makeRandom()
        // More than one tile, the last one not full.
        let points = rounded(row.points(count: 150))
        let observation = row.observation.map { Double(Float($0)) }
        // Splines' bounds are single-precision numbers, as the export says them.
        var configuration = row.configuration
        if case .spline(let bins, let bound) = configuration.coupling {
            configuration.coupling = .spline(bins: bins, tailBound: Double(Float(bound)))
        }
        let same = Flow(
            dimension: row.dimension, contextDimension: row.contextDimension, bounds: row.bounds,
            configuration: configuration, base: row.base)
        let reference = ReferenceFlow(flow: same, parameters: parameters, observation: observation)
        let trained = TrainedFlow(flow: flow, parameters: parameters, observation: observation)
        let values = trained.doublePrecisionLogProbability(of: points)
        let engine = trained.logProbability(of: points)
        for i in 0..<points.count {
            let exact = reference.logProbability((0..<row.dimension).map { points[i, $0] })
            #expect(abs(values[i] - exact) <= 1e-9 * max(1, abs(exact)), "point \(i): \(values[i]) against \(exact)")
            #expect(abs(values[i] - engine[i]) <= 2e-4 * max(1, abs(exact)))
        }
    }

    @Test(arguments: FlowCase.all.filter { $0.contextDimension > 0 })
    func observationsPerPointEqualOneObservationAtATime(_ row: FlowCase) {
        let (flow, parameters) = row.makeRandom()
        let trained = TrainedFlow(flow: flow, parameters: parameters, observation: row.observation)
        let points = row.points(count: 70)
        let contexts = row.contexts(count: 70)
        let together = trained.doublePrecisionLogProbability(of: points, contexts: contexts)
        for i in [0, 1, 63, 64, 69] {
            let single = trained.conditioned(on: (0..<row.contextDimension).map { contexts[i, $0] })
            #expect(single.doublePrecisionLogProbability(of: points)[i] == together[i])
        }
    }

    @Test("outside a box the density is zero", arguments: [BoxKind.logit, .probit])
    func outsideABox(kind: BoxKind) throws {
        let row = try #require(FlowCase.all.first { $0.configuration.box == kind })
        let (flow, parameters) = row.makeRandom()
        let trained = TrainedFlow(flow: flow, parameters: parameters, observation: row.observation)
        var points = row.points(count: 3)
        points[1, 0] = -3.5
        let values = trained.doublePrecisionLogProbability(of: points)
        #expect(values[0].isFinite && values[1] == -.infinity && values[2].isFinite)
    }
}
