/// The name a person probably meant.
public enum NearestName {
    /// The candidate with the smallest edit distance (insertions, deletions, substitutions and swaps of neighbours
    /// count 1, case counts nothing), when that is at most a third of the longer name, at least 1; the first of equals.
    public static func of(_ name: String, among candidates: [String]) -> String? {
        let target = Array(name.lowercased().unicodeScalars.prefix(64))
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let scalars = Array(candidate.lowercased().unicodeScalars.prefix(64))
            let distance = editDistance(target, scalars)
            let allowed = max(1, max(target.count, scalars.count) / 3)
            if distance <= allowed, best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.name
    }

    /// ` — did you mean 'x'?`, or nothing.
    public static func hint(_ name: String, among candidates: [String]) -> String {
        of(name, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }

    private static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var beforePrevious = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in 0..<b.count {
                row[j + 1] = min(row[j] + 1, previous[j + 1] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    row[j + 1] = min(row[j + 1], beforePrevious[j - 1] + 1)
                }
            }
            beforePrevious = previous
            previous = row
        }
        return previous[b.count]
    }
}
