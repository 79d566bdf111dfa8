/// The name a person probably meant.
public enum NearestName {
    /// The known name closest to a mistyped one, or nil when none is close enough to be worth a guess.
    ///
    /// Case and separators are ignored first (`learning_rate` is `learningRate`); then the smallest optimal string
    /// alignment distance (insertions, deletions, substitutions, swaps of neighbours; Damerau 1964) wins if it is at most
    /// a third of the length; then a known name that contains the given one. Ties go to the earlier name.
    public static func of(_ name: String, among known: [String]) -> String? {
        let given = Array(folded(name))
        guard !given.isEmpty, given.count <= 64 else { return nil }
        var best: (distance: Int, name: String)?
        for candidate in known {
            let letters = Array(folded(candidate))
            if letters == given { return candidate }
            let limit = max(1, (max(given.count, letters.count) + 1) / 3)
            if abs(letters.count - given.count) > limit { continue }
            let distance = alignmentDistance(given, letters)
            if distance <= limit && distance < letters.count && distance < best?.distance ?? Int.max {
                best = (distance, candidate)
            }
        }
        if let best { return best.name }
        if given.count < 4 { return nil }
        let text = String(decoding: given, as: UTF8.self)
        return known.first { String(decoding: folded($0), as: UTF8.self).contains(text) }
    }

    /// `; did you mean 'x'?`, or nothing.
    public static func hint(_ name: String, among known: [String]) -> String {
        of(name, among: known).map { "; did you mean '\($0)'?" } ?? ""
    }
}

/// Lower-case UTF-8 without separators inside words; dots stay, they separate the parts of a path.
private func folded(_ name: String) -> [UInt8] {
    name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
}

/// Edits that turn one sequence into the other, a swap of neighbours counting once.
private func alignmentDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1] + [Int](repeating: 0, count: b.count)
        for j in 0..<b.count {
            let substitution = last[j] + (a[i] == b[j] ? 0 : 1)
            row[j + 1] = min(last[j + 1] + 1, row[j] + 1, substitution)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
            }
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
