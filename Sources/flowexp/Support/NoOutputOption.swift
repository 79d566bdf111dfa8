import ArgumentParser

/// `--output`, which commands that print a table in a chosen format do not have: asked for all the same, it is answered
/// with what writes the file.
struct NoOutputOption: ParsableArguments {
    @Option(name: .shortAndLong, help: .hidden)
    var output: String?

    func validate() throws {
        guard let output else { return }
        let name = output.lowercased()
        let formats = [(".csv", "csv"), (".md", "markdown"), (".tex", "latex"), (".json", "json")]
        let format = formats.first { name.hasSuffix($0.0) }.map { "--format \($0.1) " } ?? ""
        throw ValidationError(
            "There is no --output here: the table is printed. For a file write: \(format)> "
                + ShellText.quote(DisplayWidth.cut(output, to: 80)))
    }
}
