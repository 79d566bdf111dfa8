import Catalog
import RunStorage

/// The axes that a recorded spec declares.
enum SpecAxes {
    /// Paths of `sweep`, then of `zip` and `include`, in the order written; without seeds.
    static func paths(of revision: Revision) -> [String] {
        guard let spec = JSONReader.read(revision.specBytes).node else { return [] }
        var groups: [JSONNode] = []
        if let sweep = spec["sweep"] { groups.append(sweep) }
        for key in ["zip", "include"] {
            groups += spec[key]?.elements ?? []
            groups += spec["sweep"]?[key]?.elements ?? []
        }
        var paths: [String] = []
        for member in groups.flatMap({ $0.members ?? [] }) {
            let path = member.key
            if !["seeds", "seed", "zip", "include", "exclude"].contains(path), !paths.contains(path) {
                paths.append(path)
            }
        }
        return paths
    }
}
