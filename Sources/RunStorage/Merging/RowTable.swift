import GRDB

/// Rows of one table that belong to one run, as they are stored, without the columns that only mean something in their
/// own database.
struct RowTable {
    let name: String
    private(set) var columns: [String] = []
    private(set) var rows: [[DatabaseValue]] = []

    /// The tables with rows of a run, besides `run_records`.
    static let ofRuns = [
        "attempts", "checkpoints", "history_rows", "metric_values", "metric_indexes", "artefact_files",
        "artefact_tensors", "run_notes",
    ]

    /// Copies the rows with this `run_key`.
    init(_ name: String, run key: Int64, _ database: Database) throws {
        self.name = name
        try database.forEachRow("SELECT * FROM \(name) WHERE run_key = ?", [key]) { row in
            if columns.isEmpty { columns = Array(row.columnNames) }
            rows.append(Array(row.databaseValues))
        }
        for local in ["run_key"] + (name == "run_notes" ? ["id"] : []) {
            guard let place = columns.firstIndex(of: local) else { continue }
            columns.remove(at: place)
            for index in rows.indices { rows[index].remove(at: place) }
        }
    }

    /// Inserts the rows for the run `key`.
    func insert(_ database: Database, run key: Int64) throws {
        let names = ([RowTable.keyColumn] + columns).joined(separator: ", ")
        let marks = Array(repeating: "?", count: columns.count + 1).joined(separator: ", ")
        for row in rows {
            try database.run(
                "INSERT INTO \(name) (\(names)) VALUES (\(marks))", StatementArguments([key.databaseValue] + row))
        }
    }

    private static let keyColumn = "run_key"

    /// Adds `change` to every number in a column; a number that would leave ``Counter/range`` is damage.
    mutating func add(_ change: Int, to column: String) throws {
        guard let place = columns.firstIndex(of: column) else { return }
        for index in rows.indices {
            guard case .int64(let number) = rows[index][place].storage, Counter.range.contains(Int(number)),
                Counter.range.contains(Int(number) + change)
            else { throw DamagedValue(column: place) }
            rows[index][place] = (Int(number) + change).databaseValue
        }
    }

    /// The value of the first row.
    func value(_ column: String) -> DatabaseValue? {
        guard let place = columns.firstIndex(of: column) else { return nil }
        return rows.first?[place]
    }

    /// Sets a column where it has another value.
    mutating func replace(_ old: DatabaseValue, with new: DatabaseValue, in column: String) {
        guard let place = columns.firstIndex(of: column) else { return }
        for index in rows.indices where rows[index][place] == old { rows[index][place] = new }
    }
}
