/// A mistake in the form of a JSON text: where, what, and how to mend it.
public struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where.
    public var position: SourcePosition
    /// What is wrong.
    public var message: String
    /// What to write instead; empty when the message says it all.
    public var remedy: String

    /// Creates an error.
    public init(position: SourcePosition, message: String, remedy: String = "") {
        self.position = position
        self.message = message
        self.remedy = remedy
    }

    /// `line:column: message; remedy`.
    public var description: String {
        "\(position.line):\(position.column): \(message)" + (remedy.isEmpty ? "" : "; \(remedy)")
    }
}
