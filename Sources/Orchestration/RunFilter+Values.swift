import Catalog

extension RunFilter {
    /// A value that a condition asks for and no run has.
    public struct AbsentValue: Sendable, Equatable {
        /// The name in the condition.
        public var name: String
        /// The value in the condition.
        public var value: String
        /// The values that occur, sorted; at most ten of them.
        public var occurring: [String]
        /// How many values occur.
        public var count: Int
        /// The occurring value that was probably meant.
        public var nearest: String?

        /// One sentence: what no run has, and the nearest value or those that there are.
        public var description: String {
            let start = "no run has \(name)=\(value)"
            if let nearest { return start + "; did you mean '\(nearest)'?" }
            return start + "; there are: " + occurring.joined(separator: ", ") + (count > occurring.count ? ", …" : "")
        }
    }

    /// The comparisons `name=value` that none of the runs satisfies, in order: why a condition that finds nothing finds
    /// nothing.
    public func absentValues(in runs: [RunAttributes]) -> [AbsentValue] {
        var found: [AbsentValue] = []
        func visit(_ node: Node) {
            switch node {
            case .and(let nodes), .or(let nodes): nodes.forEach(visit)
            // What is to be left out need not be there.
            case .not: break
            case .comparison(let name, .equal, let value):
                let values = Set(runs.compactMap { $0[name] })
                guard !values.isEmpty, !values.contains(where: { Self.compare($0, .equal, value) }) else { return }
                let occurring = values.sorted { Self.comesBefore($0, $1) }.map { Self.text(of: $0) }
                let asked = Self.text(of: value)
                found.append(
                    AbsentValue(
                        name: name, value: asked, occurring: Array(occurring.prefix(10)), count: occurring.count,
                        nearest: value.doubleValue == nil ? NearestName.of(asked, among: occurring) : nil))
            case .comparison: break
            }
        }
        visit(root)
        return found
    }

    private static func comesBefore(_ a: JSONValue, _ b: JSONValue) -> Bool {
        if let a = a.doubleValue, let b = b.doubleValue { return a < b }
        return text(of: a) < text(of: b)
    }
}
