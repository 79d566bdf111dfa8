import Catalog
import Tasks

/// Documentation made from the same tables that the reader uses.
public enum SpecReference {
    /// One Markdown table of everything a spec can set: path, to which task or base it belongs, what is allowed, default
    /// and meaning. `docs/spec.md` holds it and a test compares the two.
    public static func markdownTable(vocabulary: SpecVocabulary = .standard) -> String {
        var rows = [
            Row(
                path: "name", of: "", allowed: "a plain word, at most 128 characters", "required", "Name of the sweep."),
            Row(path: "description", of: "", allowed: "a string", "`\"\"`", "What the experiment asks."),
            Row(
                path: "task", of: "", allowed: names(vocabulary.tasks.map(\.description)), "required",
                "The posterior to infer."),
            Row(
                path: "base", of: "", allowed: names(vocabulary.bases),
                vocabulary.bases.first.map { "`\"\($0.name)\"`" } ?? "required", "The flow's base distribution."),
        ]
        for section in SpecSection.allCases { rows += self.rows(section, vocabulary) }
        rows += vocabulary.evaluation.map { Row(path: "evaluation.\($0.name)", of: "", $0) }
        rows.append(
            Row(
                path: "sweep.seeds", of: "", allowed: "a count n (seeds 0 to n − 1), or a list of whole numbers from 0",
                "`1`", "Seeds with which every cell is run."))
        let lines = ["| path | of | allowed | default | meaning |", "|---|---|---|---|---|"] + rows.map(\.markdown)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The lines of `docs/spec.md` between which the table stands.
    public static let tableMarkers = (
        begin: "<!-- table made by SpecReference.markdownTable: begin -->",
        end: "<!-- table made by SpecReference.markdownTable: end -->"
    )

    private static func names(_ components: [ComponentDescription]) -> String {
        components.map { "`\($0.name)`" }.joined(separator: ", ")
    }

    /// Rows of a section; one row for all components that describe a parameter alike.
    private static func rows(_ section: SpecSection, _ vocabulary: SpecVocabulary) -> [Row] {
        var parameters: [(description: ParameterDescription, owners: [String])] = []
        for variant in vocabulary.variants(of: section) {
            for parameter in variant.parameters {
                if let i = parameters.firstIndex(where: { $0.description == parameter }) {
                    parameters[i].owners.append(variant.name)
                } else {
                    parameters.append((parameter, [variant.name]))
                }
            }
        }
        return parameters.map { parameter, owners in
            let of = section.isComponent ? owners.map { "`\($0)`" }.joined(separator: ", ") : ""
            return Row(path: "\(section.rawValue).\(parameter.name)", of: of, parameter)
        }
    }

    private struct Row {
        var path: String
        var of: String
        var allowed: String
        var standard: String
        var meaning: String

        init(path: String, of: String, allowed: String, _ standard: String, _ meaning: String) {
            self.path = path
            self.of = of
            self.allowed = allowed
            self.standard = standard
            self.meaning = meaning
        }

        init(path: String, of: String, _ parameter: ParameterDescription) {
            self.init(
                path: path, of: of, allowed: parameter.kind.summary,
                parameter.defaultValue.map { "`\($0.text)`" } ?? "not given", parameter.summary)
        }

        var markdown: String {
            let cells = ["`\(path)`", of, allowed, standard, meaning].map { cell in
                cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
                    .split(separator: "\n").joined(separator: " ")
            }
            return "| " + cells.joined(separator: " | ") + " |"
        }
    }
}
