import Experiments
import Foundation
import PointFiles

/// Reads tables of points that a person names.
enum PointInput {
    /// The file in messages.
    static func name(_ path: String) -> String { path == "-" ? "standard input" : path }

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
        let name = name(path)
        do {
            return try data.withUnsafeBytes { try PointTable(decoding: $0, name: name) }
        } catch let error as PointFileError {
            throw CommandFailure(.badData, "\(error)", remedy: error.remedy)
        }
    }
}

extension PosteriorColumns {
    /// The columns that a run's density takes; those left out are said.
    init(_ table: PointTable, file: String, posterior: TrainedPosterior) throws {
        do {
            try self.init(
                table, dimension: posterior.dimension, contextDimension: posterior.observationDimension, file: file)
        } catch {
            throw CommandFailure(.badData, "\(error)", remedy: error.remedy)
        }
        PointInput.sayIgnored(ignored, file: file)
    }
}

extension ObservationColumns {
    /// The columns of x; those left out are said.
    init(_ table: PointTable, file: String, dimension: Int) throws {
        do {
            try self.init(table, dimension: dimension, file: file)
        } catch {
            throw CommandFailure(.badData, "\(error)", remedy: error.remedy)
        }
        PointInput.sayIgnored(ignored, file: file)
    }
}

extension PointInput {
    fileprivate static func sayIgnored(_ ignored: [String], file: String) {
        if ignored.isEmpty { return }
        let names = ignored.map { "'\($0)'" }.joined(separator: ", ")
        Talk.say("\(file): not used: \(DisplayWidth.cut(names, to: 200))")
    }
}
