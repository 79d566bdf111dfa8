import FlowMath

/// A table of finite numbers as it lies in a file: one row per point.
public struct PointTable: Sendable, Equatable {
    /// The names of the columns; empty for a file without a header.
    public var columns: [String]
    /// The rows; the dimension is the number of columns.
    public var points: Points

    /// Wraps rows; `columns` is empty or has a name for each.
    public init(columns: [String] = [], points: Points) {
        self.columns = columns
        self.points = points
    }

    /// The columns at `indices`, in that order.
    public func selecting(_ indices: [Int]) -> Points {
        precondition(!indices.isEmpty && indices.allSatisfy { $0 < points.dimension }, "columns of the table")
        var values: [Double] = []
        values.reserveCapacity(points.count * indices.count)
        for i in 0..<points.count {
            for d in indices { values.append(points[i, d]) }
        }
        return Points(dimension: indices.count, values: values)
    }
}

/// How numbers lie in a file.
public enum PointFormat: String, Sendable, CaseIterable {
    /// Text, one row per line.
    case csv
    /// NumPy's binary array format.
    case npy
    /// One JSON object with `columns` and `rows`; written, not read.
    case json

    /// The format that a file name's extension asks for, whatever its case; nil for any other name.
    public init?(fileName: String) {
        let name = fileName.lowercased()
        guard let format = Self.allCases.first(where: { name.hasSuffix(".\($0.rawValue)") }) else { return nil }
        self = format
    }
}

/// Why a file is not a table of finite numbers: which, where in it, what, and what to do.
public struct PointFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, as the caller named it.
    public var file: String
    /// `line 7, column 2`; empty for the whole file.
    public var place: String
    /// What is wrong.
    public var what: String
    /// What to do about it.
    public var remedy: String

    /// Creates an error.
    public init(_ file: String, place: String = "", what: String, remedy: String) {
        self.file = file
        self.place = place
        self.what = what
        self.remedy = remedy
    }

    /// File, place and what is wrong, without the remedy.
    public var description: String { place.isEmpty ? "\(file): \(what)" : "\(file): \(place): \(what)" }
}

extension PointTable {
    /// Reads CSV or NPY bytes; which of them is seen from the bytes. `name` is the file in messages; an extension `.npy`
    /// makes anything else than NPY an error. Never traps; every number of the result is finite.
    public init(decoding bytes: UnsafeRawBufferPointer, name: String) throws(PointFileError) {
        if bytes.starts(with: NPYHeader.magic) {
            self = try NPYReader(bytes: bytes, file: name).table()
            return
        }
        if PointFormat(fileName: name) == .npy {
            throw PointFileError(
                name, what: "is not a NumPy array file (it does not begin with \\x93NUMPY)",
                remedy: "Write it with numpy.save, or name a text file .csv.")
        }
        if bytes.starts(with: [0x50, 0x4B, 3, 4]) {
            throw PointFileError(
                name, what: "is a zip archive (.npz?), not a table", remedy: "Save one array with numpy.save.")
        }
        var reader = CSVReader(bytes: bytes, file: name)
        self = try reader.table()
    }
}
