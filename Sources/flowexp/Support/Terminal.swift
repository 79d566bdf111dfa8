import Foundation

/// What standard error is: a terminal that understands escape codes, or something else.
struct Terminal: Sendable {
    /// Whether escape codes and redrawing are allowed.
    let isInteractive: Bool

    /// Looks at standard error, `TERM` and `NO_COLOR` (any non-empty value, no-color.org).
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let isPlain =
            environment["TERM"] == "dumb" || environment["TERM"] == nil || !(environment["NO_COLOR"] ?? "").isEmpty
        isInteractive = isatty(STDERR_FILENO) == 1 && !isPlain
    }

    /// Columns and rows now; 80 × 24 where nobody knows. Asked before each drawing, so that resizing just works.
    func size() -> (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return (80, 24) }
        return (Int(window.ws_col), max(2, Int(window.ws_row)))
    }
}

/// Writes all of `text` to a file descriptor; returns the error number of a failure, 0 otherwise.
@discardableResult
func writeAll(_ text: String, to descriptor: Int32) -> Int32 { writeAll(Array(text.utf8), to: descriptor) }

/// Writes all of `bytes` to a file descriptor; returns the error number of a failure, 0 otherwise.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var bytes = bytes[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR { continue }
            if errno == EAGAIN {
                Thread.sleep(forTimeInterval: 0.01)
                continue
            }
            return errno
        }
        bytes = bytes.dropFirst(count)
    }
    return 0
}
