/// Values that a command keeps until its process ends, which is soon: to free 100 000 runs one by one would take a fifth of
/// the time that a list of them takes, for example.
enum UntilExit {
    private final class Box<Value> {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    /// Not for what a long-lived command makes again and again.
    static func keep<Value>(_ value: Value) { _ = Unmanaged.passRetained(Box(value)) }
}
