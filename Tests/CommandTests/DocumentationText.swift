import Foundation
import Testing

/// The Markdown files of the repository, read as a person reads them: links, headings, commands.
struct DocumentationFile: Sendable, CustomTestStringConvertible {
    /// The path from the repository's top.
    let path: String
    let text: String

    var testDescription: String { path }

    /// The directory of Package.swift.
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// README.md, CHANGELOG.md and every page of docs/.
    static let all: [DocumentationFile] = ["", "docs/"].flatMap { directory in
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: repository.appending(path: directory).path)) ?? []
        return names.filter { $0.hasSuffix(".md") }.sorted().compactMap { named(directory + $0) }
    }

    static func named(_ path: String) -> DocumentationFile? {
        guard let text = try? String(contentsOf: repository.appending(path: path), encoding: .utf8) else { return nil }
        return DocumentationFile(path: path, text: text)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: repository.appending(path: path).path)
    }

    /// Targets of Markdown links and images that are no web addresses.
    var links: [String] {
        text.matches(of: /\]\(([^()\s]+)\)/).map { String($0.output.1) }.filter { !$0.contains("://") }
    }

    /// The anchors that headings get: lower case, punctuation gone, blanks as hyphens.
    var anchors: Set<String> {
        var isInFence = false
        var found: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isInFence.toggle() }
            guard !isInFence, let heading = line.wholeMatch(of: /#+ (.+)/) else { continue }
            let kept = heading.output.1.lowercased().filter {
                $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_"
            }
            found.insert(kept.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "-"))
        }
        return found
    }

    /// What stands between single backticks on one line.
    var quoted: [String] { text.matches(of: /`([^`\n]+)`/).map { String($0.output.1) } }

    /// The words of every `flowexp …` command: of code lines (indented or fenced) and between backticks, without what
    /// follows in a shell (`|`, `>`, `;`, `&&`, `#`).
    var commands: [[String]] {
        var isInFence = false
        let codeLines = text.split(separator: "\n").filter { line in
            if line.hasPrefix("```") { isInFence.toggle() }
            return isInFence || line.hasPrefix("    ")
        }.map { $0.trimmingCharacters(in: .whitespaces) }
        let starts = codeLines.map { $0.hasPrefix("$ ") ? String($0.dropFirst(2)) : $0 } + quoted
        return starts.flatMap { $0.components(separatedBy: "&& ") }.filter { $0.hasPrefix("flowexp ") }.map { line in
            // A comment or an explanation stands behind at least two blanks; quoted arguments are no options.
            let command = line.components(separatedBy: "  ")[0].replacing(/'[^']*'|"[^"]*"/, with: "QUOTED")
            var words: [String] = []
            for word in command.split(separator: " ").dropFirst() {
                if ["|", ">", "#", "&&", "2>&1", "·"].contains(word) { break }
                words.append(word.trimmingCharacters(in: CharacterSet(charactersIn: ";.,:[]()…")))
                if word.hasSuffix(";") { break }
            }
            return words
        }
    }
}
