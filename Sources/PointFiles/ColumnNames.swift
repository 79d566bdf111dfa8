import Catalog

/// The names in a table's header, compared without regard to case.
struct ColumnNames {
    /// As the file has them.
    let written: [String]
    private let folded: [String]

    init(_ written: [String]) {
        self.written = written
        folded = written.map { $0.lowercased() }
    }

    /// The column of a name in lower case, nil when there is none.
    func index(of name: String) -> Int? { folded.firstIndex(of: name) }

    /// A name that two columns have, as the first of them is written; nil when all differ.
    var repeated: String? {
        var seen: Set<String> = []
        for (name, shown) in zip(folded, written) where !name.isEmpty && !seen.insert(name).inserted { return shown }
        return nil
    }

    /// The columns named by the prefix and a number, in the order of the numbers.
    func numbered(_ prefix: String) -> [(number: Int, column: Int)] {
        folded.enumerated().compactMap { column, name in
            let digits = name.utf8.dropFirst(prefix.utf8.count)
            guard name.hasPrefix(prefix), !digits.isEmpty,
                digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = Int(String(decoding: digits, as: UTF8.self))
            else { return nil }
            return (number, column)
        }.sorted { ($0.number, $0.column) < ($1.number, $1.column) }
    }

    /// The columns that are not among `used`, as they are written.
    func others(than used: [Int]) -> [String] {
        let used = Set(used)
        return written.indices.filter { !used.contains($0) }.map { written[$0] }
    }

    /// A name that is not there, with the column that it may stand in: `theta0 (did you mean to call 'th0' so?)`.
    func missing(_ name: String) -> String {
        let near = NearestName.of(name, among: written.filter { !$0.isEmpty })
        return name + (near.map { " (did you mean to call '\(Self.shown($0))' so?)" } ?? "")
    }

    /// The header in a message.
    var list: String {
        let shown = written.prefix(8).map(Self.shown).joined(separator: ",")
        return written.count > 8 ? shown + ",… (\(written.count) columns)" : shown
    }

    /// `theta0,theta1`.
    static func numbered(_ prefix: String, _ count: Int) -> String {
        count < 4
            ? (0..<count).map { "\(prefix)\($0)" }.joined(separator: ",") : "\(prefix)0,…,\(prefix)\(count - 1)"
    }

    /// Printable and short, whatever the file holds.
    static func shown(_ text: String) -> String {
        let safe = String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(40).map { $0.properties.generalCategory == .control ? "·" : $0 }))
        return text.unicodeScalars.count > 40 ? safe + "…" : safe
    }
}
