import FlowMath

/// The columns of a table that are θ and, for an amortised posterior q(θ|x), x.
///
/// With a header that names `theta0` the columns are taken by name (x: `x0` …), and others are left out. Otherwise they are
/// taken in order: D of θ, or D + C with x behind.
public struct PosteriorColumns: Sendable, Equatable {
    /// D coordinates for each row.
    public let points: Points
    /// C numbers for each row; nil when the table has no columns of x.
    public let contexts: Points?
    /// Names of the columns left out.
    public let ignored: [String]

    /// Finds the columns; `dimension` is D, `contextDimension` is C (0 for a posterior that takes no x).
    public init(_ table: PointTable, dimension: Int, contextDimension: Int, file: String) throws(PointFileError) {
        func failure(_ what: String) -> PointFileError {
            let coordinates = dimension == 1 ? "1 coordinate" : "\(dimension) coordinates"
            var need = "A point has \(coordinates): \(Self.names("theta", dimension))"
            if contextDimension > 0 {
                need += ", and where each row has its own x, \(Self.names("x", contextDimension)) behind"
            }
            return PointFileError(file, what: what, remedy: need + ".")
        }
        let names = table.columns
        let width = table.points.dimension
        guard names.contains("theta0") else {
            guard width == dimension || contextDimension > 0 && width == dimension + contextDimension else {
                throw failure("has \(width == 1 ? "1 column" : "\(width) columns")")
            }
            points = table.selecting(Array(0..<dimension))
            contexts = width == dimension ? nil : table.selecting(Array(dimension..<width))
            ignored = []
            return
        }
        let thetas = (0..<dimension).compactMap { names.firstIndex(of: "theta\($0)") }
        guard thetas.count == dimension else {
            let missing = (0..<dimension).first { !names.contains("theta\($0)") } ?? 0
            throw failure("has no column theta\(missing)")
        }
        guard !names.contains("theta\(dimension)") else { throw failure("has a column theta\(dimension)") }
        let numbered = names.indices.filter { Self.isObservation(names[$0]) }
        guard numbered.isEmpty || contextDimension > 0 else {
            throw failure("has columns of x, and the run is not amortised")
        }
        let xs = (0..<contextDimension).compactMap { names.firstIndex(of: "x\($0)") }
        guard numbered.isEmpty || xs.count == contextDimension && numbered.count == contextDimension else {
            throw failure("has other columns of x than \(Self.names("x", contextDimension))")
        }
        points = table.selecting(thetas)
        contexts = numbered.isEmpty ? nil : table.selecting(xs)
        let used = Set(thetas + (numbered.isEmpty ? [] : xs))
        ignored = names.indices.filter { !used.contains($0) }.map { names[$0] }
    }

    private static func isObservation(_ name: String) -> Bool {
        name.hasPrefix("x") && name.utf8.count > 1
            && name.utf8.dropFirst().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// `theta0,theta1`.
    private static func names(_ prefix: String, _ count: Int) -> String {
        count < 4
            ? (0..<count).map { "\(prefix)\($0)" }.joined(separator: ",") : "\(prefix)0,…,\(prefix)\(count - 1)"
    }
}
