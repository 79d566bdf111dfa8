/// Resolved parameter values by name, with typed access that reports what is wrong instead of trapping.
public struct ParameterValues: Sendable, Equatable, Hashable, ExpressibleByDictionaryLiteral {
    /// The values.
    public var values: [String: JSONValue]

    /// Wraps the values.
    public init(_ values: [String: JSONValue]) {
        self.values = values
    }

    /// Wraps a literal.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        values = Dictionary(elements) { _, last in last }
    }

    /// The raw value, nil when absent.
    public subscript(name: String) -> JSONValue? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// The integer under `name`; throws ``ParameterError`` when it is absent or something else.
    public func integer(_ name: String) throws(ParameterError) -> Int {
        guard let value = values[name]?.integerValue else {
            throw ParameterError(name: name, expected: "a whole number", found: values[name])
        }
        return value
    }

    /// The number under `name`; throws ``ParameterError`` when it is absent or something else.
    public func number(_ name: String) throws(ParameterError) -> Double {
        guard let value = values[name]?.doubleValue else {
            throw ParameterError(name: name, expected: "a number", found: values[name])
        }
        return value
    }

    /// The string under `name`; throws ``ParameterError`` when it is absent or something else.
    public func string(_ name: String) throws(ParameterError) -> String {
        guard let value = values[name]?.stringValue else {
            throw ParameterError(name: name, expected: "a string", found: values[name])
        }
        return value
    }

    /// The Boolean under `name`; throws ``ParameterError`` when it is absent or something else.
    public func boolean(_ name: String) throws(ParameterError) -> Bool {
        guard let value = values[name]?.boolValue else {
            throw ParameterError(name: name, expected: "true or false", found: values[name])
        }
        return value
    }

    /// The list of numbers under `name`; throws ``ParameterError`` when it is absent or something else.
    public func numbers(_ name: String) throws(ParameterError) -> [Double] {
        guard let elements = values[name]?.arrayValue else {
            throw ParameterError(name: name, expected: "a list of numbers", found: values[name])
        }
        var result: [Double] = []
        for element in elements {
            guard let value = element.doubleValue else {
                throw ParameterError(name: name, expected: "a list of numbers", found: element)
            }
            result.append(value)
        }
        return result
    }

    /// The list of whole numbers under `name`; throws ``ParameterError`` when it is absent or something else.
    public func integers(_ name: String) throws(ParameterError) -> [Int] {
        guard let elements = values[name]?.arrayValue else {
            throw ParameterError(name: name, expected: "a list of whole numbers", found: values[name])
        }
        var result: [Int] = []
        for element in elements {
            guard let value = element.integerValue else {
                throw ParameterError(name: name, expected: "a list of whole numbers", found: element)
            }
            result.append(value)
        }
        return result
    }
}

/// A parameter that a component could not use: which, what was expected, what was found.
public struct ParameterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name.
    public var name: String
    /// What was expected.
    public var expected: String
    /// What was found; nil when nothing.
    public var found: JSONValue?

    /// Creates the error.
    public init(name: String, expected: String, found: JSONValue? = nil) {
        self.name = name
        self.expected = expected
        self.found = found
    }

    /// `parameter 'modes': expected a whole number, found 1.5`.
    public var description: String {
        "parameter '\(name)': expected \(expected), found \(found.map(\.text) ?? "nothing")"
    }
}
