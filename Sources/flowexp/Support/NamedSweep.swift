import RunStorage

extension RunStore {
    /// The newest revision of a sweep that a person named. The error for one that is not there says when it is in the
    /// trash.
    func revision(ofNamedSweep name: String) throws -> Revision {
        do {
            return try newestRevision(ofSweep: name)
        } catch var error as RunStoreError where error.kind == .noSuchSweep {
            if let entry = trash().last(where: { $0.sweeps.contains(name) }) {
                error.remedy = "It is in the trash. Bring it back with: flowexp store restore \(entry.name)"
            }
            throw error
        }
    }
}
