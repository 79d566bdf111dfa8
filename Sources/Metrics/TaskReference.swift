import FlowMath
import Tasks

/// What metrics need to know of an exact posterior, computed once per task configuration: HPD levels, the saddle
/// between modes, basin masses, the posterior's own split outside the HPD region, the median bandwidth.
///
/// In 2D every mass is a sum over a 1000 × 1000 grid (when its midpoint rule integrates p to 1 within 1e-4), otherwise a
/// proportion of 10⁶ exact samples.
public struct TaskReference: Sendable, Equatable {
    /// How masses were computed.
    public enum Source: String, Sendable, Equatable {
        case grid, samples
    }

    /// Masses whose HPD levels are kept for pictures and tables.
    public static let tabulatedMasses = [0.5, 0.6827, 0.9, 0.95, 0.99, 0.999]

    /// Where the masses come from.
    public var source: Source
    /// log λ_a for ``tabulatedMasses``: P(log p(θ) ≥ log λ_a) = a.
    public var logLevels: [Double]
    /// log λ_sep, the highest saddle density between two modes; nil when unknown or there are fewer than two modes.
    public var logSeparatingDensity: Double?
    /// a_sep = P(p > λ_sep).
    public var separatingMass: Double?
    /// a*, the mass of the HPD region that bridge metrics use.
    public var regionMass: Double
    /// log λ_{a*}.
    public var logRegionLevel: Double
    /// P(p < λ_{a*}) as measured, close to 1 − a*.
    public var outsideMass: Double
    /// Why the between/tail split has no meaning here; nil when it has.
    public var splitProblem: String?
    /// The posterior's own mass outside the region and between modes.
    public var betweenMass: Double
    /// The posterior's own mass outside the region and in the tails.
    public var tailMass: Double
    /// Exact mass of each basin; empty without modes.
    public var basinMasses: [Double]
    /// Mass of each basin inside the region.
    public var basinMassesInside: [Double]
    /// m, the median distance of the first 2 000 reference points; NaN only for a degenerate posterior.
    public var medianDistance: Double
    let basins: BasinGeometry?

    /// Computes the reference; `seed` is the hash of the task's configuration.
    package init(task: any InferenceTask, observation: [Double], seed: UInt64) {
        let basins = BasinGeometry(task: task, observation: observation)
        self.basins = basins
        let grid = DensityGrid(task: task, observation: observation)
        let survey: PosteriorSurvey
        if let grid, abs(grid.integral - 1) <= 1e-4 {
            source = .grid
            survey = PosteriorSurvey(grid: grid, box: task.priorBox, basins: basins)
        } else {
            source = .samples
            survey = PosteriorSurvey(
                posterior: ExactPosterior(task: task, observation: observation), seed: seed, basins: basins)
        }
        logLevels = Self.tabulatedMasses.map { survey.logLevel(mass: $0) }

        let logSaddle =
            (basins?.count ?? 0) < 2 || basins?.hasBetween == false
            ? nil
            : task.logSeparatingDensity(observation: observation)
                ?? grid.flatMap { $0.logSeparatingDensity(seeds: basins?.seeds ?? []) }
        logSeparatingDensity = logSaddle
        separatingMass = logSaddle.map { survey.mass(above: $0) }
        if (basins?.count ?? 0) < 2 {
            splitProblem = "the task has fewer than two known modes"
        } else if basins?.hasBetween == false {
            splitProblem = "modes are mixture components, of which some overlap: no saddle lies between them"
        } else if let mass = separatingMass {
            splitProblem =
                mass < 0.9 ? "modes overlap: only \(mass) of the mass lies above the saddle between them" : nil
        } else {
            splitProblem = "the saddle density between the modes is not known"
        }
        regionMass = splitProblem == nil ? min(0.999, separatingMass ?? 0.999) : 0.999
        logRegionLevel = survey.logLevel(mass: regionMass)
        let split = survey.split(logLevel: logRegionLevel)
        outsideMass = split.outside
        betweenMass = split.between
        tailMass = split.outside - split.between
        basinMasses = split.basinMasses
        basinMassesInside = split.basinMassesInside
        medianDistance = medianPairwiseDistance(
            ExactPosterior(task: task, observation: observation).sample(
                count: Evaluation.blockSize,
                stream: RandomStream(seed: seed, purpose: .reference, step: ReferenceSteps.evaluation)))
    }
}

/// First steps of the streams that draw from one task's reference seed. Raw values are part of the reproducibility
/// contract.
enum ReferenceSteps {
    /// Points that flows are compared with; also those of the median bandwidth.
    static let evaluation: UInt32 = 0
    /// The 10⁶ points of ``PosteriorSurvey``.
    static let survey: UInt32 = 1 << 30
}

/// The exact posterior as a weighted set of points: log density, basin and position of each.
struct PosteriorSurvey {
    private static let blocks = 64
    private static let blockSize = 15_625

    /// Where the points are.
    private enum Positions {
        case grid([ClosedRange<Double>])
        case samples(Points)
    }

    private let logDensity: [Double]
    private let sorted: [Double]
    private let positions: Positions
    private let basins: BasinGeometry?
    /// Cell area of a grid, nil for equal-weight samples.
    private let cellArea: Double?

    /// All cells of a grid, weighted by p · area.
    init(grid: DensityGrid, box: [ClosedRange<Double>], basins: BasinGeometry?) {
        logDensity = grid.logDensity
        sorted = PairwiseKernels.current.sorted(grid.logDensity)
        cellArea = grid.cellArea
        positions = .grid(box)
        self.basins = basins
    }

    /// 10⁶ exact samples of equal weight.
    init(posterior: ExactPosterior, seed: UInt64, basins: BasinGeometry?) {
        var logDensity: [Double] = []
        var values: [Double] = []
        for block in 0..<Self.blocks {
            let step = ReferenceSteps.survey + UInt32(block)
            let points = posterior.sample(
                count: Self.blockSize, stream: RandomStream(seed: seed, purpose: .reference, step: step))
            logDensity += posterior.logProbability(of: points)
            values += points.values
        }
        self.logDensity = logDensity
        sorted = PairwiseKernels.current.sorted(logDensity)
        cellArea = nil
        positions = .samples(Points(dimension: posterior.dimension, values: values))
        self.basins = basins
    }

    /// The points block by block, in order.
    private func forEachBlock(_ body: (_ first: Int, Points) -> Void) {
        switch positions {
        case .grid(let box):
            for row in 0..<DensityGrid.side { body(row * DensityGrid.side, DensityGrid.points(row: row, box: box)) }
        case .samples(let points): body(0, points)
        }
    }

    private func weight(_ logDensity: Double) -> Double {
        guard let cellArea else { return 1 / Double(sorted.count) }
        return Elementary.exp(logDensity) * cellArea
    }

    /// log λ_a: the largest level with P(p < λ_a) ≤ 1 − a.
    func logLevel(mass: Double) -> Double {
        if cellArea == nil {
            let index = Int(((1 - mass) * Double(sorted.count) + 1e-6).rounded(.down))
            return sorted[min(index, sorted.count - 1)]
        }
        var below = 0.0
        for value in sorted {
            below += weight(value)
            if below > 1 - mass { return value }
        }
        return sorted.last ?? 0
    }

    /// P(log p > level).
    func mass(above level: Double) -> Double {
        var sum = 0.0
        for value in logDensity where value > level { sum += weight(value) }
        return min(1, sum)
    }

    struct Split {
        var outside = 0.0
        var between = 0.0
        var basinMasses: [Double]
        var basinMassesInside: [Double]
    }

    /// Masses inside and outside {log p ≥ level}.
    func split(logLevel: Double) -> Split {
        let basinCount = basins?.count ?? 0
        var split = Split(
            basinMasses: [Double](repeating: 0, count: basinCount),
            basinMassesInside: [Double](repeating: 0, count: basinCount))
        forEachBlock { first, points in
            for k in 0..<points.count {
                let weight = weight(logDensity[first + k])
                let inside = logDensity[first + k] >= logLevel
                if !inside { split.outside += weight }
                guard let basins else { continue }
                // Few points are outside: with many modes this is what the search between them costs.
                if !inside && basins.isBetween(points, k) { split.between += weight }
                let basin = basins.basin(of: points, k)
                split.basinMasses[basin] += weight
                if inside { split.basinMassesInside[basin] += weight }
            }
        }
        // A grid's masses add up to its integral, 1 only within 1e-4.
        var total = 0.0
        for mass in split.basinMasses { total += mass }
        if total > 0 { split.basinMasses = split.basinMasses.map { $0 / total } }
        return split
    }
}
