import CProcessSupport

/// The command line.
public enum CommandLineWords {
    /// The arguments without the program's name. Swift reads them from /proc/self/cmdline, and where that is missing it
    /// gives none: `flowexp sweep` would then print its help and end with success.
    public static func arguments() -> [String] {
        if !CommandLine.arguments.isEmpty { return Array(CommandLine.arguments.dropFirst()) }
        var words: [String] = []
        var index: Int32 = 1
        while let word = command_line_word(index) {
            words.append(String(cString: word))
            index += 1
        }
        return words
    }

    /// The first argument that is not UTF-8, as well as it can be shown. Swift replaces what it cannot read, and the words
    /// would then name another file or store than they say.
    public static func firstIllegible() -> String? {
        var index: Int32 = 1
        while let word = command_line_word(index) {
            if String(validatingCString: word) == nil { return String(cString: word) }
            index += 1
        }
        return nil
    }
}
