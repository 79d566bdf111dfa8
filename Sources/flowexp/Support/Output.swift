import Foundation
import Reports
import Synchronization

/// Data for the caller, on standard output.
enum Output {
    /// Writes a text and a line end.
    ///
    /// A reader that has gone (`| head`) ends the program quietly with success: it has what it wanted. Any other
    /// error, a full disk above all, throws exit 74.
    ///
    /// Texts from specs, files and the store must have been made visible before (``DisplayText``, ``JSONText``).
    static func data(_ text: String) throws {
        // Bytes, because "\r\n" is one character that does not end in "\n".
        let isEnded = text.utf8.last == UInt8(ascii: "\n") || text.isEmpty
        let number = writeAll(isEnded ? text : text + "\n", to: STDOUT_FILENO)
        if number == 0 { return }
        if number == EPIPE { exit(0) }
        throw CommandFailure(.inputOutput, "cannot write the output: \(String(cString: strerror(number)))")
    }
}

/// Talk for the person, on standard error; never fails, since nothing depends on it.
///
/// Whatever file, name or record a text quotes, nothing in it drives the terminal: all but line ends and tabs is written
/// visibly. Who draws (escape codes of ours) does not go through here.
enum Talk {
    /// How much is said.
    enum Level: Int { case quiet, normal, verbose }

    private static let level = Atomic<Int>(Level.normal.rawValue)

    static func setLevel(_ new: Level) { level.store(new.rawValue, ordering: .relaxed) }

    /// Said unless `-q`.
    static func say(_ text: String) {
        if level.load(ordering: .relaxed) >= Level.normal.rawValue { warn(text) }
    }

    /// Said only with `-v`.
    static func detail(_ text: String) {
        if level.load(ordering: .relaxed) >= Level.verbose.rawValue { warn(text) }
    }

    /// Errors and warnings, always said.
    static func warn(_ text: String) {
        writeAll(DisplayText.visible(text, keeping: ["\n", "\t"]) + "\n", to: STDERR_FILENO)
    }

    static var isQuiet: Bool { level.load(ordering: .relaxed) == Level.quiet.rawValue }
    static var isVerbose: Bool { level.load(ordering: .relaxed) == Level.verbose.rawValue }
}
