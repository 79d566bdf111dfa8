import ArgumentParser
import Catalog

/// `flowexp completions SHELL`.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print a shell's completion script.",
        discussion: """
            Examples:
              flowexp completions bash > ~/.local/share/bash-completion/completions/flowexp
              flowexp completions zsh > ~/.zfunc/_flowexp          with ~/.zfunc in fpath
              flowexp completions fish > ~/.config/fish/completions/flowexp.fish
            """)

    @Argument(help: "bash, zsh or fish.")
    var shell: String

    @OptionGroup var talk: TalkOptions

    func run() throws {
        talk.apply()
        let names = CompletionShell.allCases.map(\.rawValue).sorted()
        guard let chosen = CompletionShell(rawValue: shell) else {
            throw CommandFailure(
                .usage,
                "no completions for the shell '\(DisplayWidth.cut(shell, to: 40))'"
                    + NearestName.hint(shell, among: names),
                remedy: "There are: \(names.joined(separator: ", "))")
        }
        try Output.data(Flowexp.completionScript(for: chosen))
    }
}
