/// Rows of any values under named columns, to be written as they are.
public struct DataTable: Sendable, Equatable {
    /// A value.
    public enum Cell: Sendable, Equatable {
        case null
        case integer(Int)
        case number(Double)
        case text(String)
        case bytes([UInt8])
    }

    /// Names of the columns; they may repeat.
    public var columns: [String]
    /// One cell per column in each row.
    public var rows: [[Cell]]
    /// There are more rows, which a limit left out.
    public var isCut: Bool

    /// Creates a table.
    public init(columns: [String], rows: [[Cell]], isCut: Bool = false) {
        self.columns = columns
        self.rows = rows
        self.isCut = isCut
    }
}

extension DataTable.Cell {
    /// Bare text: numbers shortest, bytes in hexadecimal, NULL as `null`.
    var text: String {
        switch self {
        case .null: return "null"
        case .integer(let value): return "\(value)"
        case .number(let value): return Self.number(value)
        case .text(let text): return text
        case .bytes(let bytes): return Self.hexadecimal(bytes)
        }
    }

    /// What JSON has no number for is text, as in `record.json`.
    static func number(_ value: Double) -> String {
        if value.isFinite { return JSONText.number(value) }
        return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
