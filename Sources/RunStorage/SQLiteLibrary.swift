import GRDB

/// The SQLite library that the store uses.
public enum SQLiteLibrary {
    /// Its version, for example `3.46.1`; `unknown` when it cannot even be asked.
    public static var version: String {
        let answer = try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }
        return answer.flatMap { $0 } ?? "unknown"
    }
}
