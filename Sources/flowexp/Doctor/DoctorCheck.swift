import Catalog
import FlowMath
import Reports

/// One line of `doctor`.
struct DoctorCheck {
    enum Level: String {
        case ok, warning, problem
    }

    var level: Level
    /// A word or two, stable for scripts.
    var name: String
    /// What was found.
    var text: String
    /// What to do about it, where it is not `ok`.
    var remedy: String?
    /// The exit status that a problem asks for.
    var status = ExitStatus.unavailable

    static func ok(_ name: String, _ text: String) -> DoctorCheck {
        DoctorCheck(level: .ok, name: name, text: text)
    }

    static func warning(_ name: String, _ text: String, _ remedy: String) -> DoctorCheck {
        DoctorCheck(level: .warning, name: name, text: text, remedy: remedy)
    }

    static func problem(_ name: String, _ text: String, _ remedy: String, _ status: ExitStatus) -> DoctorCheck {
        DoctorCheck(level: .problem, name: name, text: text, remedy: remedy, status: status)
    }

    var json: JSONValue {
        .object([
            "check": .string(name), "level": .string(level.rawValue), "found": .string(text),
            "remedy": remedy.map(JSONValue.string) ?? .null,
        ])
    }

    /// The checks as text, wrapped to `width`, remedies below what they mend.
    static func text(_ checks: [DoctorCheck], width: Int) -> String {
        let names = (checks.map { DisplayText.width($0.name) }.max() ?? 0) + 2
        let left = 9 + names
        // On a very narrow terminal the text goes below its name.
        let isNarrow = width < left + 24
        let indent = isNarrow ? 4 : left
        let blank = String(repeating: " ", count: indent)
        return checks.map { check in
            let head =
                check.level.rawValue + String(repeating: " ", count: 9 - check.level.rawValue.count) + check.name
            let body = ([check.text] + (check.remedy.map { ["→ " + $0] } ?? []))
                .flatMap {
                    DisplayText.wrapped($0, width: max(20, width - indent), indent: 2).split(separator: "\n")
                        .map(String.init)
                }
            if isNarrow { return ([head] + body.map { blank + $0 }).joined(separator: "\n") }
            let first = head + String(repeating: " ", count: left - DisplayText.width(head)) + (body.first ?? "")
            return ([first] + body.dropFirst().map { blank + $0 }).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
