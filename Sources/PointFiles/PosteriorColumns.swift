import FlowMath

/// The columns of a table that are θ and, for an amortised posterior q(θ|x), x.
///
/// With a header the columns are taken by name (`theta0` …, x: `x0` …, in any case), and others are left out. Without one
/// they are taken in order: D of θ, or D + C with x behind.
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
            var need = "A point has \(coordinates): \(ColumnNames.numbered("theta", dimension))"
            if contextDimension > 0 {
                need += ", and where each row has its own x, \(ColumnNames.numbered("x", contextDimension)) behind"
            }
            let header = table.columns.isEmpty ? "" : " Name the columns so, or leave the line of names out."
            return PointFileError(file, what: what, remedy: need + "." + header)
        }
        let width = table.points.dimension
        guard !table.columns.isEmpty else {
            guard width == dimension || contextDimension > 0 && width == dimension + contextDimension else {
                throw failure("has \(width == 1 ? "1 column" : "\(width) columns")")
            }
            points = table.selecting(Array(0..<dimension))
            contexts = width == dimension ? nil : table.selecting(Array(dimension..<width))
            ignored = []
            return
        }
        let names = ColumnNames(table.columns)
        if let name = names.repeated { throw failure("has two columns \(ColumnNames.shown(name))") }
        let thetas = (0..<dimension).compactMap { names.index(of: "theta\($0)") }
        if thetas.isEmpty {
            throw failure(
                "has no column \(names.missing("theta0")): its first line names \(names.list), and columns with names "
                    + "are not taken by position")
        }
        if let absent = (0..<dimension).first(where: { names.index(of: "theta\($0)") == nil }) {
            throw failure("has no column \(names.missing("theta\(absent)"))")
        }
        if names.index(of: "theta\(dimension)") != nil { throw failure("has a column theta\(dimension)") }
        let numbered = names.numbered("x")
        guard numbered.isEmpty || contextDimension > 0 else {
            throw failure("has columns of x, and the run is not amortised")
        }
        guard numbered.isEmpty || numbered.map(\.number) == Array(0..<contextDimension) else {
            throw failure("has other columns of x than \(ColumnNames.numbered("x", contextDimension))")
        }
        let xs = numbered.map(\.column)
        points = table.selecting(thetas)
        contexts = xs.isEmpty ? nil : table.selecting(xs)
        ignored = names.others(than: thetas + xs)
    }
}

/// The columns of a table that are the observations x of an amortised posterior: `x0` … by name where there is a header,
/// else all, in order.
public struct ObservationColumns: Sendable, Equatable {
    /// C numbers for each row.
    public let observations: Points
    /// Names of the columns left out.
    public let ignored: [String]

    /// Finds the columns; `dimension` is C.
    public init(_ table: PointTable, dimension: Int, file: String) throws(PointFileError) {
        let remedy = "An observation is \(ColumnNames.numbered("x", dimension)): name the columns so, or name none."
        guard !table.columns.isEmpty else {
            guard table.points.dimension == dimension else {
                throw PointFileError(
                    file, what: "has \(table.points.dimension) columns where x has \(dimension)", remedy: remedy)
            }
            observations = table.points
            ignored = []
            return
        }
        let names = ColumnNames(table.columns)
        if let name = names.repeated {
            throw PointFileError(file, what: "has two columns \(ColumnNames.shown(name))", remedy: remedy)
        }
        if let absent = (0..<dimension).first(where: { names.index(of: "x\($0)") == nil }) {
            throw PointFileError(
                file, what: "has no column \(names.missing("x\(absent)")): its first line names \(names.list)",
                remedy: remedy)
        }
        if names.index(of: "x\(dimension)") != nil {
            throw PointFileError(file, what: "has a column x\(dimension)", remedy: remedy)
        }
        let columns = (0..<dimension).compactMap { names.index(of: "x\($0)") }
        observations = table.selecting(columns)
        ignored = names.others(than: columns)
    }
}
