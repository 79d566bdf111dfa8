import ArgumentParser

/// Whole numbers on the command line. With `parsing: .unconditional` a negative one is read, and answered with the range,
/// instead of being taken for an option.
enum WholeNumber {
    /// Reads a number; the error says what one looks like.
    static func parse(_ text: String) throws -> Int {
        if let number = Int(text) { return number }
        throw ValidationError(hint(text))
    }

    /// Reads a number from 0.
    static func parseUnsigned(_ text: String) throws -> UInt64 {
        if let number = UInt64(text) { return number }
        throw ValidationError(text.hasPrefix("-") ? "expected a whole number from 0" : hint(text))
    }

    private static func hint(_ text: String) -> String {
        // 1e5 is a whole number, written in a way that would also write fractions.
        if let number = Double(text), number.isFinite, abs(number) < 1e15, number == number.rounded() {
            return "write it as a whole number, \(Int(number))"
        }
        return "expected a whole number"
    }
}
