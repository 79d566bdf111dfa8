/// What merging one store into another changed, or would change.
public struct MergeSummary: Sendable, Equatable {
    /// The store that was merged in.
    public var source: String
    /// Runs that the target did not have.
    public var added = StateCounts()
    /// Runs that the target had in a lesser state, by the state they have now.
    public var replaced = StateCounts()
    /// Metric values that completed runs of the target lacked.
    public var metricsAdded = 0
    /// Runs of which the target had as much or more.
    public var unchanged = 0
    /// Sweeps that got revisions, with how many; in the order in which they ran.
    public var revisions: [AddedRevisions] = []
    /// Files that came along.
    public var files = 0
    /// Their bytes.
    public var bytes = 0

    /// Whether the target had all of it already.
    public var changesNothing: Bool {
        added.total == 0 && replaced.total == 0 && metricsAdded == 0 && revisions.isEmpty
    }

    /// Revisions that one sweep got.
    public struct AddedRevisions: Sendable, Equatable {
        /// The sweep's name.
        public var sweep: String
        /// How many.
        public var added: Int
        /// Whether the target did not have the sweep.
        public var isNewSweep: Bool
    }
}
