import FlowMath

/// Two tables whose columns are compared one with another.
///
/// Where a header names `theta0`, the coordinates are `theta0`, `theta1`, … by name and other columns are left out (`sample
/// --with-logprob` writes one). Two headers of other names must have the same ones, and the second table is brought into
/// the order of the first. Without a header columns are taken in order.
public struct SamplePair: Sendable, Equatable {
    /// The points of the first table.
    public let first: Points
    /// The points of the second, their columns in the first's order.
    public let second: Points
    /// What a person should know: columns left out or reordered, one sentence each.
    public let notes: [String]

    /// Brings the columns together; `files` are the tables' names in messages.
    public init(_ a: PointTable, _ b: PointTable, files: (String, String)) throws(PointFileError) {
        var notes: [String] = []
        let (first, second) = (
            try Self.coordinates(a, file: files.0, &notes), try Self.coordinates(b, file: files.1, &notes)
        )
        let (widthA, widthB) = (first.points.dimension, second.points.dimension)
        guard widthA == widthB else {
            throw PointFileError(
                files.0,
                what: "has \(Self.columns(widthA)) and \(files.1) has \(Self.columns(widthB))",
                remedy: "Both files need points of the same dimension.")
        }
        self.first = first.points
        let (namesA, namesB) = (ColumnNames(first.columns), ColumnNames(second.columns))
        if first.columns.isEmpty || second.columns.isEmpty {
            self.second = second.points
            self.notes = notes
            return
        }
        let order = first.columns.compactMap { namesB.index(of: $0.lowercased()) }
        guard order.count == widthA, Set(order).count == widthA else {
            throw PointFileError(
                files.0, what: "has the columns \(namesA.list) and \(files.1) has \(namesB.list)",
                remedy: "Give both files the same names, or leave the line of names out: then columns go by position.")
        }
        if order != Array(0..<widthA) { notes.append("\(files.1): columns brought into the order \(namesA.list)") }
        self.second = second.selecting(order)
        self.notes = notes
    }

    /// The columns that are coordinates.
    private static func coordinates(
        _ table: PointTable, file: String, _ notes: inout [String]
    ) throws(PointFileError) -> PointTable {
        let names = ColumnNames(table.columns)
        if let name = names.repeated {
            throw PointFileError(
                file, what: "has two columns \(ColumnNames.shown(name))", remedy: "Give each column a name of its own.")
        }
        let thetas = names.numbered("theta")
        guard thetas.first?.number == 0 else { return table }
        if let gap = thetas.indices.first(where: { thetas[$0].number != $0 }) {
            throw PointFileError(
                file, what: "has no column theta\(gap), and one theta\(thetas[gap].number)",
                remedy: "The coordinates are theta0, theta1, … without a gap.")
        }
        let columns = thetas.map(\.column)
        let others = names.others(than: columns)
        if !others.isEmpty {
            notes.append("\(file): not used: " + others.map { "'\(ColumnNames.shown($0))'" }.joined(separator: ", "))
        }
        return PointTable(columns: columns.map { table.columns[$0] }, points: table.selecting(columns))
    }

    private static func columns(_ count: Int) -> String { count == 1 ? "1 column" : "\(count) columns" }
}
