import Catalog
import Foundation
import Reports

/// How wide tables may be.
enum OutputWidth {
    /// The terminal's columns when standard output is one; nil, meaning any width, for a file or a pipe.
    static var columns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
        return max(40, Int(window.ws_col))
    }

    /// Takes a `COLUMNS` that is no width out of the environment: the library that prints the help calculates with whatever
    /// number stands there, and overflows.
    static func dropImpossibleColumns() {
        guard let text = ProcessInfo.processInfo.environment["COLUMNS"] else { return }
        if Int(text).map({ (1...10_000).contains($0) }) != true { unsetenv("COLUMNS") }
    }
}

/// JSON for scripts.
enum JSONOutput {
    static func print(_ value: JSONValue) throws { try Output.data(JSONText.visible(value.prettyText)) }
}
