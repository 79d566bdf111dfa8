import Catalog

/// The settings of many configurations as numbers: one for each path, and for each path one for each value that occurs.
///
/// Configurations are compared, grouped and sorted by these, so that a report of 100 000 runs makes and hashes no text for
/// each of their settings.
final class SettingTable {
    /// The code of a path that a configuration does not have.
    static let absent: Int32 = -1

    /// What occurs at one path.
    private struct Column {
        var values: [JSONValue] = []
        /// Canonical texts: values are equal when these are (1 and 1.0).
        var texts: [String] = []
        var codeOfText: [String: Int32] = [:]
        var codeOfValue: [JSONValue: Int32] = [:]

        mutating func code(of value: JSONValue) -> Int32 {
            if let last = values.last, last == value { return Int32(values.count - 1) }
            if let known = codeOfValue[value] { return known }
            let text = JSONText.canonical(value)
            let code = codeOfText[text] ?? Int32(values.count)
            if code == values.count {
                values.append(value)
                texts.append(text)
                codeOfText[text] = code
            }
            codeOfValue[value] = code
            return code
        }
    }

    /// By number: in order of first appearance.
    private(set) var paths: [String] = []
    private var numbers: [String: Int] = [:]
    private var columns: [Column] = []
    /// The numbers of the last configuration's paths: the next one mostly has the same, in the same order.
    private var expected: [Int] = []

    /// The number of a path that some configuration has.
    func number(of path: String) -> Int? { numbers[path] }

    /// The codes of a configuration by path, as far as there are any: equal exactly when the configurations are.
    func codes(of configuration: [ReportSetting]) -> [Int32] {
        var codes = Array(repeating: Self.absent, count: paths.count)
        for place in configuration.indices {
            let number = number(of: configuration[place].path, at: place)
            if number == codes.count { codes.append(Self.absent) }
            codes[number] = columns[number].code(of: configuration[place].value)
        }
        while codes.last == Self.absent { codes.removeLast() }
        return codes
    }

    private func number(of path: String, at place: Int) -> Int {
        if place < expected.count, paths[expected[place]] == path { return expected[place] }
        let number = numbers[path] ?? paths.count
        if number == paths.count {
            paths.append(path)
            columns.append(Column())
            numbers[path] = number
        }
        if place < expected.count { expected[place] = number } else { expected.append(number) }
        return number
    }

    /// The value that a code stands for.
    func value(_ code: Int32, ofPath number: Int) -> JSONValue? {
        code == Self.absent ? nil : columns[number].values[Int(code)]
    }

    /// Its canonical text.
    func text(_ code: Int32, ofPath number: Int) -> String? {
        code == Self.absent ? nil : columns[number].texts[Int(code)]
    }
}
