import Catalog

/// One value given to one path somewhere in a spec.
struct SpecAssignment: Sendable {
    /// Where in the experiment the value is given.
    enum Origin: Equatable, Sendable {
        case fixed
        case axis(Int)
        case include(Int)
        case exclude(Int)
    }

    var path: SpecPath
    /// The value as written.
    var node: JSONNode
    /// Its key path as written, for messages.
    var keyPath: String
    /// 1 when it was written under a section's own path (`base`), 2 under a parameter's (`base.components`): the
    /// deeper wins.
    var depth = 1
    var origin = Origin.fixed
    /// False when the value has been reported as wrong; nothing that depends on it is checked further.
    var isValid = true
}

/// One axis of the grid: a path of `sweep`, or a group of `zip`.
struct SpecAxis: Sendable {
    /// The paths as written.
    var paths: [SpecPath]
    /// What each position on the axis assigns.
    var values: [[SpecAssignment]]
    /// Where the axis is written.
    var position: SourcePosition
    /// The nodes as written, for the resolved spec: one list per path.
    var written: [(key: String, node: JSONNode)]
}

/// A spec as read, before expansion.
struct SpecModel: Sendable {
    var name = ""
    var description = ""
    /// The fixed part.
    var fixed: [SpecAssignment] = []
    /// The axes of `sweep` in the order written, then the groups of `zip`.
    var axes: [SpecAxis] = []
    /// How many of `axes` come from `sweep`.
    var sweepAxisCount = 0
    var includes: [[SpecAssignment]] = []
    var excludes: [[SpecAssignment]] = []
    var includeNode: JSONNode?
    var excludeNode: JSONNode?
    var seeds: [UInt64] = [0]
    var evaluation = ParameterValues()
    /// The opening of the object, for mistakes that have no better place.
    var position = SourcePosition.start
}
