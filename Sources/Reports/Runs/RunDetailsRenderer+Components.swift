import Catalog

extension RunDetailsRenderer {
    /// The result that is shown as a table of its own.
    static let selectionKey = "componentSelection"

    /// How many components `auto` chose and what spoke for each number; nil for runs that were told.
    static func componentSelection(_ summary: [String: JSONValue], _ width: Int?) -> String? {
        guard let selection = summary[selectionKey], let evidence = selection["evidence"]?.arrayValue else {
            return nil
        }
        let chosen = selection["components"]?.integerValue
        let rows = evidence.map { row -> [String] in
            let components = row["components"]?.integerValue
            let bic = row["bic"]?.doubleValue
            let correction = row["correction"]?.doubleValue
            let sum = bic.flatMap { bic in correction.map { bic + $0 } }
            return [
                components.map(String.init) ?? "", number(bic), number(correction), number(sum),
                components == chosen ? "chosen" : correction == nil ? "too few draws for a component" : "",
            ]
        }
        let modes = selection["modes"]?.integerValue.map { $0 == 1 ? " in 1 mode" : " in \($0) modes" } ?? ""
        let size = selection["effectiveSampleSize"]?.doubleValue.map { ", ESS \(NumberText.plain($0))" } ?? ""
        return section(
            "components chosen from the first pool: \(chosen.map(String.init) ?? "?")\(modes)\(size)",
            [
                .init("components", .right), .init("BIC", .right), .init("small samples", .right, dropOrder: 2),
                .init("sum", .right), .init("", dropOrder: 1),
            ], rows, width)
    }

    private static func number(_ value: Double?) -> String {
        value.map { NumberText.fixed($0, decimals: 1) } ?? "—"
    }
}
