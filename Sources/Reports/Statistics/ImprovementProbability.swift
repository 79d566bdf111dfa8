/// The probability of improvement of one method over another (Agarwal et al. 2021, section 4.3): P(X better than Y) for
/// independently drawn runs X and Y of one task, ½ where they are equal, averaged over tasks.
///
/// Runs of one seed are paired, here and in the bootstrap: a resample draws seeds inside each task and takes both methods'
/// runs along.
package struct ImprovementProbability {
    /// One cell and its baseline cell, run by run; lower is better, a run without a value is +∞.
    package struct Cell {
        /// The unit (seed) of each pair, as a position inside the task.
        package var units: [Int]
        package var values: [Double]
        package var baselines: [Double]

        package init(units: [Int], values: [Double], baselines: [Double]) {
            self.units = units
            self.values = values
            self.baselines = baselines
        }
    }

    /// One task: its number of units, and its cells, which weigh the same.
    package struct Stratum {
        package var units: Int
        package var cells: [Cell]

        package init(units: Int, cells: [Cell]) {
            self.units = units
            self.cells = cells
        }
    }

    private struct RankedCell {
        let units: [Int]
        /// Units of the baseline's runs from the best to the worst.
        let baselineUnits: [Int]
        /// How many baseline runs are better than each value, and how many are not worse.
        let better: [Int]
        let notWorse: [Int]

        init(_ cell: Cell, firstUnit: Int) {
            let order = cell.baselines.indices.sorted { (cell.baselines[$0], $0) < (cell.baselines[$1], $1) }
            units = cell.units.map { $0 + firstUnit }
            baselineUnits = order.map { cell.units[$0] + firstUnit }
            better = cell.values.map { value in cell.baselines.reduce(0) { $0 + ($1 < value ? 1 : 0) } }
            notWorse = cell.values.map { value in cell.baselines.reduce(0) { $0 + ($1 <= value ? 1 : 0) } }
        }

        /// Σᵢⱼ cᵢcⱼ S(xᵢ, yⱼ) / (Σ c)² with S = 1 for xᵢ < yⱼ and ½ for equal; nil when none of its units was drawn.
        func probability(_ counts: [Int]) -> Double? {
            var cumulative = [0]
            cumulative.reserveCapacity(units.count + 1)
            var size = 0
            for unit in baselineUnits {
                size += counts[unit]
                cumulative.append(size)
            }
            guard size > 0 else { return nil }
            var doubled = 0
            for (place, unit) in units.enumerated() where counts[unit] > 0 {
                doubled += counts[unit] * (2 * size - cumulative[better[place]] - cumulative[notWorse[place]])
            }
            return 0.5 * Double(doubled) / (Double(size) * Double(size))
        }
    }

    private let sizes: [Int]
    private let tasks: [[RankedCell]]

    /// Tasks without a pair are left out; nil when none remains.
    package init?(_ strata: [Stratum]) {
        var sizes: [Int] = []
        var tasks: [[RankedCell]] = []
        var first = 0
        for stratum in strata {
            let cells = stratum.cells.filter { !$0.units.isEmpty }
            guard !cells.isEmpty else { continue }
            tasks.append(cells.map { RankedCell($0, firstUnit: first) })
            sizes.append(stratum.units)
            first += stratum.units
        }
        guard !tasks.isEmpty else { return nil }
        self.sizes = sizes
        self.tasks = tasks
    }

    /// The probability with its stratified bootstrap interval (none with a task of one seed).
    package var estimate: Estimate {
        let all = [Int](repeating: 1, count: sizes.reduce(0, +))
        return Estimate(probability(all), Bootstrap.interval(strata: sizes, statistic: probability))
    }

    /// Mean over tasks of the mean over the task's cells; a cell whose seeds were not drawn says nothing.
    private func probability(_ counts: [Int]) -> Double {
        var total = 0.0
        var count = 0
        for cells in tasks {
            let parts = cells.compactMap { $0.probability(counts) }
            guard !parts.isEmpty else { continue }
            total += parts.reduce(0, +) / Double(parts.count)
            count += 1
        }
        return count > 0 ? total / Double(count) : 0.5
    }
}
