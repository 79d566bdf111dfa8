import Catalog

extension ParameterValues {
    /// The number under `name` when it lies in `range`; throws ``ParameterError`` otherwise. Factories check ranges
    /// themselves, so that a task made from code cannot trap either.
    func number(_ name: String, in range: ClosedRange<Double>) throws(ParameterError) -> Double {
        let value = try number(name)
        guard range.contains(value) else {
            throw ParameterError(
                name: name, expected: "a number in \(range.lowerBound) ... \(range.upperBound)", found: values[name])
        }
        return value
    }

    /// The whole number under `name` when it lies in `range`; throws ``ParameterError`` otherwise.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(ParameterError) -> Int {
        let value = try integer(name)
        guard range.contains(value) else {
            throw ParameterError(
                name: name, expected: "a whole number in \(range.lowerBound) ... \(range.upperBound)",
                found: values[name])
        }
        return value
    }

    /// The `count` numbers under `name` when all lie in `range`; throws ``ParameterError`` otherwise.
    func numbers(_ name: String, count: Int, in range: ClosedRange<Double>) throws(ParameterError) -> [Double] {
        let list = try numbers(name)
        guard list.count == count, list.allSatisfy(range.contains) else {
            throw ParameterError(
                name: name, expected: "\(count) numbers in \(range.lowerBound) ... \(range.upperBound)",
                found: values[name])
        }
        return list
    }
}

extension ParameterDescription {
    /// A number in a closed range.
    static func number(
        _ name: String, in range: ClosedRange<Double>, default value: Double, _ summary: String
    ) -> ParameterDescription {
        ParameterDescription(
            name, .number(range, exclusiveMinimum: false), default: .number(value), summary)
    }

    /// A whole number in a closed range.
    static func integer(
        _ name: String, in range: ClosedRange<Int>, default value: Int, _ summary: String
    ) -> ParameterDescription {
        ParameterDescription(name, .integer(range), default: .integer(value), summary)
    }

    /// The observed x: as many numbers as the default has, each in a closed range.
    static func observation(
        in range: ClosedRange<Double>, default values: [Double], _ summary: String
    ) -> ParameterDescription {
        ParameterDescription(
            "observation", .list(.number(range, exclusiveMinimum: false), count: values.count...values.count),
            default: .array(values.map { .number($0) }), summary)
    }
}
