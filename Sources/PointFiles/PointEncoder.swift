import FlowMath

/// Writes a table piece by piece: `head`, the rows in any number of pieces, `tail`.
public struct PointEncoder: Sendable {
    private let format: PointFormat
    private let columns: [String]
    private let count: Int
    private let members: String

    /// A table of `count` rows in all.
    ///
    /// - `members`: for JSON, what the object says besides columns and rows: `"key":value` pairs joined by commas.
    public init(_ format: PointFormat, columns: [String], count: Int, members: String = "") {
        self.format = format
        self.columns = columns
        self.count = count
        self.members = members
    }

    /// What comes first. An NPY table of one column is a vector.
    public var head: [UInt8] {
        switch format {
        case .csv: return Array((columns.joined(separator: ",") + "\n").utf8)
        case .json:
            let names = columns.map { "\"\($0)\"" }.joined(separator: ",")
            return Array("{\(members.isEmpty ? "" : members + ",")\"columns\":[\(names)],\"rows\":[".utf8)
        case .npy:
            let shape = columns.count == 1 ? "(\(count),)" : "(\(count), \(columns.count))"
            var text = Array("{'descr': '<f8', 'fortran_order': False, 'shape': \(shape), }".utf8)
            // The data begin at a multiple of 64, after a line end.
            while (10 + text.count + 1) % 64 != 0 { text.append(0x20) }
            text.append(0x0A)
            return NPYHeader.magic + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
        }
    }

    /// Rows of the table: the points' coordinates and, where given, one more number for each. `first`: whether they are
    /// the table's first. Numbers have the fewest digits that read back as the same double.
    public func rows(_ points: Points, last: [Double]? = nil, first: Bool) -> [UInt8] {
        let width = points.dimension + (last == nil ? 0 : 1)
        var output: [UInt8] = []
        output.reserveCapacity(points.count * width * (format == .npy ? 8 : 20))
        for i in 0..<points.count {
            if format == .json { output += Array((first && i == 0 ? "\n[" : ",\n[").utf8) }
            for c in 0..<width {
                append(c < points.dimension ? points[i, c] : last?[i] ?? .nan, isFirst: c == 0, to: &output)
            }
            if format == .json { output.append(UInt8(ascii: "]")) }
            if format == .csv { output.append(0x0A) }
        }
        return output
    }

    /// What comes last.
    public var tail: [UInt8] { format == .json ? Array("\n]}\n".utf8) : [] }

    private func append(_ value: Double, isFirst: Bool, to output: inout [UInt8]) {
        guard format != .npy else {
            let bits = value.bitPattern
            for i in 0..<8 { output.append(UInt8(truncatingIfNeeded: bits &>> UInt64(8 &* i))) }
            return
        }
        if !isFirst { output.append(UInt8(ascii: ",")) }
        if format == .json && !value.isFinite {
            // JSON has no infinity.
            output += "null".utf8
        } else {
            output += value.description.utf8
        }
    }
}
