import Foundation
import GRDB

/// A value that flowexp never writes there: another type than its column's (STRICT tables do not let it in), or a counter
/// out of range. The database was damaged.
struct DamagedValue: Error {
    var column: Int
}

/// Numbers in the database that count up from 0.
enum Counter {
    /// Far more than any store reaches, and far enough from overflow that adding to one cannot trap.
    static let range = 0..<1 << 53
}

/// Column access that reports damage instead of trapping, by index.
extension Row {
    func integer(_ index: Int) throws -> Int {
        guard let value = try optionalInteger(index) else { throw DamagedValue(column: index) }
        return value
    }

    /// A number that may be added to: one out of ``Counter/range`` is damage.
    func counter(_ index: Int) throws -> Int {
        let value = try integer(index)
        guard Counter.range.contains(value) else { throw DamagedValue(column: index) }
        return value
    }

    func optionalInteger(_ index: Int) throws -> Int? {
        let value: DatabaseValue = self[index]
        switch value.storage {
        case .null: return nil
        case .int64(let number): return Int(number)
        default: throw DamagedValue(column: index)
        }
    }

    func text(_ index: Int) throws -> String {
        guard let value = try optionalText(index) else { throw DamagedValue(column: index) }
        return value
    }

    func optionalText(_ index: Int) throws -> String? {
        let value: DatabaseValue = self[index]
        switch value.storage {
        case .null: return nil
        case .string(let text): return text
        default: throw DamagedValue(column: index)
        }
    }

    func optionalDouble(_ index: Int) throws -> Double? {
        let value: DatabaseValue = self[index]
        switch value.storage {
        case .null: return nil
        case .double(let number): return number
        case .int64(let number): return Double(number)
        default: throw DamagedValue(column: index)
        }
    }

    /// A number where NULL stands for NaN, which SQLite cannot keep.
    func double(_ index: Int) throws -> Double { try optionalDouble(index) ?? .nan }

    func bytes(_ index: Int) throws -> [UInt8] {
        guard let value = try optionalBytes(index) else { throw DamagedValue(column: index) }
        return value
    }

    func optionalBytes(_ index: Int) throws -> [UInt8]? {
        let value: DatabaseValue = self[index]
        switch value.storage {
        case .null: return nil
        case .blob(let data): return [UInt8](data)
        default: throw DamagedValue(column: index)
        }
    }

    func state(_ index: Int) throws -> RunState {
        guard let state = RunState(rawValue: try text(index)) else { throw DamagedValue(column: index) }
        return state
    }
}

extension Database {
    /// Calls `body` for each row of a cached statement; the row is only valid inside.
    func forEachRow(_ sql: String, _ arguments: StatementArguments = [], _ body: (Row) throws -> Void) throws {
        let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        while let row = try cursor.next() { try body(row) }
    }

    /// The first row's value, nil without rows.
    func first<Value>(
        _ sql: String, _ arguments: StatementArguments = [], _ body: (Row) throws -> Value
    ) throws -> Value? {
        let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        guard let row = try cursor.next() else { return nil }
        return try body(row)
    }

    /// Runs a cached statement; returns how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: arguments)
        return changesCount
    }
}

extension String {
    /// The text as SQLite can keep it: U+0000 would end it there, so it becomes U+FFFD.
    var storable: String {
        utf8.contains(0)
            ? String(String.UnicodeScalarView(unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 })) : self
    }
}

extension Double {
    /// The number as SQLite keeps it: nil for NaN, +0 for −0.
    var storable: Double? { isNaN ? nil : self == 0 ? 0 : self }
}
