/// How long work takes, learnt from work that was done: the model's ``RunCost`` times the ratio of measured to modelled
/// seconds of the most similar work.
///
/// The ratio of a run's part is that of sums over everything measured, each weighted by 10^−d, d the number of settings in
/// which the two runs differ. So a run's own cell decides as soon as one of its seeds is done, and before that the cells
/// that resemble it most.
public struct WorkSpeed: Sendable {
    private struct Measured {
        var cost: RunCost
        var seconds = 0.0
        var modelled = 0.0
    }

    /// More cells than these are not compared with; the latest ones say enough.
    private static let mostCells = 32

    private var measured: [WorkKind: [Measured]] = [:]

    /// Creates a speed of which nothing is known.
    public init() {}

    /// Whether anything was measured.
    public var isKnown: Bool { measured.values.contains { $0.contains { $0.seconds > 0 } } }

    /// Takes a measurement: `share` of the part took `seconds`. `weight`: below 1 for what was measured under other
    /// circumstances.
    public mutating func add(_ cost: RunCost, _ kind: WorkKind, seconds: Double, share: Double = 1, weight: Double = 1)
    {
        guard seconds >= 0, share > 0 else { return }
        var cells = measured[kind] ?? []
        let index = cells.lastIndex { $0.cost.cell == cost.cell } ?? cells.count
        if index == cells.count { cells.append(Measured(cost: cost)) }
        cells[index].seconds += weight * seconds
        cells[index].modelled += weight * share * cost.seconds(kind)
        if cells.count > Self.mostCells { cells.removeFirst() }
        measured[kind] = cells
    }

    /// Seconds that the part takes; nil when nothing was measured.
    public func seconds(_ cost: RunCost, _ kind: WorkKind) -> Double? {
        var seconds = 0.0
        var modelled = 0.0
        for other in WorkKind.allCases {
            // Another part's speed only counts where nothing is known of this one's.
            let factor = other == kind ? 1 : 1e-12
            for cell in measured[other] ?? [] {
                let weight = factor * cost.similarity(to: cell.cost)
                seconds += weight * cell.seconds
                modelled += weight * cell.modelled
            }
        }
        return modelled > 0 ? cost.seconds(kind) * seconds / modelled : nil
    }
}
