import FlowMath

/// Reads numbers from text: one row per line, columns separated by commas (or by blanks and tabs where a line has no
/// comma), `#` comments, empty lines skipped, line ends LF, CRLF or CR, an optional first line of names.
struct CSVReader {
    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private var position = 0
    /// The number of the line that `nextRow` gave, from 1.
    private var line = 0
    private var fields: [Range<Int>] = []

    init(bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
        // A byte order mark, as spreadsheets write it.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    mutating func table() throws(PointFileError) -> PointTable {
        var columns: [String] = []
        var values: [Double] = []
        var width = 0
        while nextRow() {
            if width == 0 {
                width = fields.count
                if isHeader {
                    columns = fields.map { text($0) }
                    continue
                }
            }
            guard fields.count == width else {
                throw error("has \(Self.count(fields.count)) where the first row has \(width)", columns: columns)
            }
            for column in 0..<width { values.append(try number(column, columns)) }
        }
        guard !values.isEmpty else {
            throw PointFileError(
                file, what: columns.isEmpty ? "is empty: there is no row of numbers" : "has a header and no rows",
                remedy: "Write one point per line, its coordinates separated by commas.")
        }
        return PointTable(columns: columns, points: Points(dimension: width, values: values))
    }

    /// Splits the next line that has anything on it; false at the end.
    private mutating func nextRow() -> Bool {
        while position < bytes.count {
            let start = position
            while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
            var end = position
            // CR LF is one line end.
            if position < bytes.count {
                position += bytes[position] == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A ? 2 : 1
            }
            line += 1
            if let comment = bytes[start..<end].firstIndex(of: UInt8(ascii: "#")) { end = comment }
            let content = trimmed(start..<end)
            if content.isEmpty { continue }
            split(content)
            return true
        }
        return false
    }

    private mutating func split(_ content: Range<Int>) {
        fields.removeAll(keepingCapacity: true)
        let hasComma = bytes[content].contains(UInt8(ascii: ","))
        var start = content.lowerBound
        for i in content {
            if hasComma ? bytes[i] == UInt8(ascii: ",") : Self.isBlank(bytes[i]) {
                if hasComma || i > start { fields.append(trimmed(start..<i)) }
                start = i + 1
            }
        }
        fields.append(trimmed(start..<content.upperBound))
    }

    /// Without blanks around it and without one pair of quotes, which spreadsheets put around names.
    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, Self.isBlank(bytes[start]) { start += 1 }
        while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    private func unquoted(_ range: Range<Int>) -> Range<Int> {
        let quote = UInt8(ascii: "\"")
        guard range.count >= 2, bytes[range.lowerBound] == quote, bytes[range.upperBound - 1] == quote else {
            return range
        }
        return (range.lowerBound + 1)..<(range.upperBound - 1)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[unquoted(range)], as: UTF8.self) }

    /// The first row is a header when it has a name and no number. (Data frames leave the name of their index empty.)
    private var isHeader: Bool {
        fields.allSatisfy { Self.number(text($0)) == nil } && !fields.allSatisfy { unquoted($0).isEmpty }
    }

    /// A decimal number or one of the words for infinity and not-a-number; nil for anything else (hexadecimal too).
    static func number(_ text: String) -> Double? {
        let isDecimal = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                return true
            default: return false
            }
        }
        if isDecimal { return Double(text) }
        let word = text.lowercased()
        let isWord = ["nan", "inf", "infinity"].contains { word == $0 || word == "-" + $0 || word == "+" + $0 }
        return isWord ? Double(word) : nil
    }

    private func number(_ column: Int, _ columns: [String]) throws(PointFileError) -> Double {
        let found = text(fields[column])
        guard let value = Self.number(found) else {
            let what = found.isEmpty ? "is empty" : "'\(ColumnNames.shown(found))' is not a number"
            throw error(what, column: column, columns: columns)
        }
        guard value.isFinite else {
            throw error(
                "\(ColumnNames.shown(found)) is not a finite number", column: column, columns: columns,
                remedy: "Points need finite coordinates within ±1.8e308; take the row out.")
        }
        return value
    }

    private func error(
        _ what: String, column: Int? = nil, columns: [String],
        remedy: String = "Columns are separated by commas or blanks, decimals by a point; # begins a comment."
    ) -> PointFileError {
        var place = "line \(line)"
        if let column {
            place += ", column \(column + 1)"
            if column < columns.count { place += " (\(ColumnNames.shown(columns[column])))" }
        }
        return PointFileError(file, place: place, what: what, remedy: remedy)
    }

    private static func count(_ fields: Int) -> String { fields == 1 ? "1 column" : "\(fields) columns" }
}
