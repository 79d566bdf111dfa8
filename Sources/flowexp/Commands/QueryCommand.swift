import ArgumentParser
import Catalog
import Foundation
import Orchestration
import Reports
import RunStorage

/// `flowexp query "SELECT …"`.
struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Read-only SQL over the store's views: runs, results, history.",
        usage: "flowexp query <sql> [<options>]",
        discussion: """
            Examples:
              flowexp query "SELECT state, count(*) FROM runs GROUP BY state"
              flowexp query "SELECT run, value FROM results WHERE metric = 'mmd'"
              flowexp query "SELECT * FROM history WHERE run LIKE 'a91f%'" --format csv
              flowexp query "SELECT name FROM pragma_table_info('results')"

            The last one lists the columns of a view; docs/store.md explains them. A JSON column is taken apart with \
            json_extract(configuration, '$.base.name'). A query reads and cannot write. It verifies no record hash: what \
            must be trusted is printed by report, ls and show.
            """)

    @Argument(help: ArgumentHelp("One SELECT statement.", valueName: "sql"))
    var sql: String

    @Option(help: "How to write it.")
    var format: ReportFormatArgument?

    @Option(help: ArgumentHelp("The most rows; all, but 1000 on a terminal, without it.", valueName: "n"))
    var limit: Int?

    @Option(help: ArgumentHelp("Give up after this time, e.g. 10s, 5m (default 30s).", valueName: "time"))
    var timeout: TimeSpan?

    @OptionGroup var noOutput: NoOutputOption
    @OptionGroup var store: StoreOption
    @OptionGroup var output: JSONOption
    @OptionGroup var talk: TalkOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit \(limit): expected a number from 0.") }
        if output.json, let format, format.format != .json {
            throw ValidationError(
                "--json and --format \(format.format.rawValue) contradict each other; give one of them.")
        }
    }

    func run() throws {
        talk.apply()
        let stop = try SweepSession.watchedStop()
        let store = try StoreLocation.open(store, mode: .readOnly)
        var limits = QueryLimits()
        limits.rows = limit ?? (isatty(STDOUT_FILENO) == 1 ? 1000 : nil)
        if let timeout { limits.seconds = timeout.seconds }
        let result: QueryResult
        do {
            result = try store.query(sql, limits: limits, isStopped: { stop.isRequested })
        } catch let error as QueryError {
            throw QueryFailure.failure(error, in: store)
        }
        let table = DataTable(
            columns: result.columns, rows: result.rows.map { $0.map(DataTable.Cell.init) }, isCut: result.isCut)
        let format = output.json ? .json : format?.format ?? .table
        try Output.data(DataTableRenderer(width: OutputWidth.columns).render(table, format))
        if result.isCut {
            Talk.warn("Only the first \(CountText.of(result.rows.count, "row")) are shown; --limit N gives more.")
        }
        Talk.say("query verifies no record hashes. Verified numbers: flowexp report, ls, show")
    }
}

extension DataTable.Cell {
    init(_ value: QueryValue) {
        switch value {
        case .null: self = .null
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .text(let text): self = .text(text)
        case .bytes(let bytes): self = .bytes(bytes)
        }
    }
}

/// Words for queries that gave nothing.
enum QueryFailure {
    static func failure(_ error: QueryError, in store: RunStore) -> CommandFailure {
        switch error {
        case .statement(let message): return mistake(message, in: store)
        case .empty:
            return CommandFailure(
                .usage, "there is no statement to run",
                remedy: "For example: flowexp query \"SELECT state, count(*) FROM runs GROUP BY state\"")
        case .severalStatements:
            return CommandFailure(
                .usage, "there is more than one statement", remedy: "Give one SELECT; run query again for the next.")
        case .notAQuery:
            return CommandFailure(
                .usage, "query only reads: SELECT, VALUES, WITH … SELECT and EXPLAIN of them",
                remedy: "To change a store there are: flowexp store, rm, evaluate, sweep")
        case .tooLarge(let limit):
            return CommandFailure(
                .usage, "the result is larger than \(CountText.grouped(limit >> 20)) MiB",
                remedy: "Select fewer columns or rows, or add --limit.")
        case .timeout(let seconds):
            return CommandFailure(
                .interrupted, "the query was given up after \(CountText.fixed(seconds, decimals: 1)) s",
                remedy: "Give it more time with --timeout 5m; while it reads, others cannot commit.")
        case .stopped:
            return CommandFailure(.interrupted, "the query was stopped; nothing was printed")
        }
    }

    /// SQLite's words, the nearest name to one that does not exist, and the views with their columns.
    private static func mistake(_ message: String, in store: RunStore) -> CommandFailure {
        let views = (try? store.queryColumns()) ?? []
        var hint = ""
        if let name = name(in: message, after: "no such column: ") {
            hint = NearestName.hint(name, among: Set(views.flatMap(\.columns)).sorted())
        } else if let name = name(in: message, after: "no such table: ") {
            hint = NearestName.hint(name, among: views.map(\.view))
        }
        let columns = views.map { "\n  \($0.view): \($0.columns.joined(separator: ", "))" }.joined()
        return CommandFailure(
            .usage, "SQLite says: \(DisplayWidth.cut(message, to: 200))\(hint)",
            remedy: "The views and their columns:\(columns)")
    }

    /// The name behind the words, without a table's name before it.
    private static func name(in message: String, after words: String) -> String? {
        guard let range = message.range(of: words) else { return nil }
        let name = message[range.upperBound...].prefix { $0 != " " }
        return name.split(separator: ".").last.map(String.init)
    }
}
