import Catalog
import Experiments
import FlowMath
import Foundation
import PointFiles

/// Reads tables of points that a person names.
enum PointInput {
    /// The table at `path`, or on standard input for `-`. Throws exit 66 when there is no such file, and 65 with line and
    /// column when it is no table of finite numbers.
    static func read(_ path: String) throws -> PointTable {
        guard !path.isEmpty else { throw CommandFailure(.usage, "a file's name is empty") }
        let data: Data
        do {
            if path == "-" {
                data = try FileHandle.standardInput.readToEnd() ?? Data()
            } else {
                // A handle also reads pipes, which a whole-file read refuses.
                let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
                defer { try? file.close() }
                data = try file.readToEnd() ?? Data()
            }
        } catch {
            throw CommandFailure.file(error, doing: "read", path)
        }
        let name = path == "-" ? "standard input" : path
        do {
            return try data.withUnsafeBytes { try PointTable(decoding: $0, name: name) }
        } catch let error as PointFileError {
            throw CommandFailure(.badData, "\(error)", remedy: error.remedy)
        }
    }
}

/// The columns of a table that are θ and, for an amortised run, x.
struct PosteriorPoints {
    let points: Points
    /// nil when the table has no columns of x.
    let contexts: Points?

    /// With a header that names `theta0` … the columns are taken by name (x: `x0` …), and others are left out and said.
    /// Otherwise they are taken in order: D of θ, or D + C with x behind.
    init(_ table: PointTable, file: String, posterior: TrainedPosterior) throws {
        let dimension = posterior.dimension
        let contextDimension = posterior.observationDimension
        let thetas = (0..<dimension).map { d in table.columns.firstIndex(of: "theta\(d)") }
        let xs = table.columns.indices.filter { Self.isNumbered(table.columns[$0], "x") }
        if let first = thetas.first, first != nil {
            if let missing = thetas.firstIndex(of: nil) {
                throw Self.failure(file, "has no column theta\(missing)", posterior)
            }
            if table.columns.contains("theta\(dimension)") {
                throw Self.failure(file, "has a column theta\(dimension)", posterior)
            }
            points = table.selecting(thetas.compactMap { $0 })
            guard xs.isEmpty || contextDimension > 0 else {
                throw Self.failure(file, "has columns of x, and the run is not amortised", posterior)
            }
            let ordered = (0..<contextDimension).compactMap { c in table.columns.firstIndex(of: "x\(c)") }
            guard xs.isEmpty || ordered.count == contextDimension && xs.count == contextDimension else {
                throw Self.failure(file, "has \(xs.count) columns of x", posterior)
            }
            contexts = xs.isEmpty ? nil : table.selecting(ordered)
            let used = Set(thetas.compactMap { $0 } + ordered)
            let ignored = table.columns.indices.filter { !used.contains($0) }.map { "'\(table.columns[$0])'" }
            if !ignored.isEmpty {
                Talk.say("\(file): not used: \(DisplayWidth.cut(ignored.joined(separator: ", "), to: 200))")
            }
            return
        }
        let width = table.points.dimension
        guard width == dimension || contextDimension > 0 && width == dimension + contextDimension else {
            throw Self.failure(file, "has \(CountText.of(width, "column"))", posterior)
        }
        points = width == dimension ? table.points : table.selecting(Array(0..<dimension))
        contexts = width == dimension ? nil : table.selecting(Array(dimension..<width))
    }

    private static func isNumbered(_ name: String, _ prefix: String) -> Bool {
        name.hasPrefix(prefix) && name.count > prefix.count && name.dropFirst(prefix.count).allSatisfy(\.isWholeNumber)
    }

    private static func failure(_ file: String, _ what: String, _ posterior: TrainedPosterior) -> CommandFailure {
        let task = posterior.configuration.task.name
        var need =
            "A point of \(task) has \(posterior.dimension) coordinates: columns theta0…theta\(posterior.dimension - 1)"
        if posterior.observationDimension > 0 {
            need += ", and where each row has its own x, x0…x\(posterior.observationDimension - 1) behind"
        }
        return CommandFailure(.badData, "\(file) \(what)", remedy: need + ".")
    }
}
