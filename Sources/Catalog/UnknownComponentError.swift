/// A name that no component of the kind has.
public struct UnknownComponentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `task`, `base`, `metric`, …
    public var kind: String
    /// The name.
    public var name: String
    /// The names that exist.
    public var known: [String]

    /// Creates the error.
    public init(kind: String, name: String, known: [String]) {
        self.kind = kind
        self.name = name
        self.known = known
    }

    /// Names the unknown component and those that exist.
    public var description: String {
        "unknown \(kind) '\(name)'; there are: \(known.joined(separator: ", "))"
    }
}
