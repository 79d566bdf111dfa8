/// A value that a query gave, as SQLite has it.
public enum QueryValue: Sendable, Equatable {
    case null
    case integer(Int)
    case number(Double)
    case text(String)
    case bytes([UInt8])
}

/// What a query gave, copied whole.
public struct QueryResult: Sendable, Equatable {
    /// The names of the columns, as SQLite gives them; they may repeat.
    public var columns: [String]
    /// One value per column in each row.
    public var rows: [[QueryValue]]
    /// Whether there are more rows than the limit allowed.
    public var isCut: Bool
}

/// How much a query may take.
public struct QueryLimits: Sendable {
    /// The most rows that are copied; nil for all.
    public var rows: Int?
    /// The most bytes of values that are copied.
    public var bytes = 512 << 20
    /// Seconds after which it is given up: a query keeps others from committing, who wait 60 s before they give up.
    public var seconds = 30.0

    /// The defaults.
    public init() {}
}

/// Why a query gave nothing.
public enum QueryError: Error, Sendable, Equatable {
    /// SQLite does not understand the statement, or it failed with these values; the message is SQLite's.
    case statement(String)
    /// There is no statement in the text.
    case empty
    /// A second statement follows the first.
    case severalStatements
    /// It would do something else than read the store.
    case notAQuery
    /// A value, or all of them, are larger than the limit in bytes.
    case tooLarge(limit: Int)
    /// It took longer than the limit.
    case timeout(seconds: Double)
    /// The caller asked to stop.
    case stopped
}
