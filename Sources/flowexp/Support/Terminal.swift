import Foundation

/// What a file descriptor is: a terminal that understands escape codes, or something else.
struct Terminal: Sendable {
    /// Where it is drawn.
    let descriptor: Int32
    /// Whether escape codes and redrawing are allowed.
    let isInteractive: Bool
    /// Whether it shows more than ASCII: it does unless the locale names another character set than UTF-8.
    let showsUnicode: Bool

    /// Looks at the descriptor (standard error, where talk goes, if none is named), `TERM`, `NO_COLOR` (any non-empty
    /// value, no-color.org) and the locale.
    init(
        _ descriptor: Int32 = STDERR_FILENO, environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.descriptor = descriptor
        let name = environment["TERM"] ?? ""
        let isPlain = name.isEmpty || name == "dumb" || !(environment["NO_COLOR"] ?? "").isEmpty
        isInteractive = isatty(descriptor) == 1 && !isPlain
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let parts = locale.lowercased().split(separator: ".", maxSplits: 1)
        showsUnicode = parts.count < 2 || parts[1].hasPrefix("utf-8") || parts[1].hasPrefix("utf8")
    }

    /// Columns and rows now; 80 × 24 where nobody knows. Asked before each drawing, so that resizing just works.
    func size() -> (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return (80, 24) }
        return (Int(window.ws_col), max(1, Int(window.ws_row)))
    }

    /// Whether it belongs to this process now; a shell has it while a job runs in the background.
    var isInForeground: Bool {
        let group = tcgetpgrp(descriptor)
        return group <= 0 || group == getpgrp()
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
