import Benchmarks
import Catalog
import Foundation

/// The output of `flowexp bench --workload component-selection`.
enum ComponentSelectionOutput {
    static func run(json: Bool) throws {
        if !json { try Output.data("task             draws   modes  right  components       ESS     seconds") }
        let rows = try ComponentSelectionWorkload().measure { row in
            if !json { try Output.data(line(row)) }
        }
        guard json else { return }
        try JSONOutput.print(
            .object([
                "schema": .string("flowexp.bench.component-selection/1"),
                "workload": .string(ComponentSelectionWorkload.name),
                "seeds": .integer(ComponentSelectionWorkload.seeds), "rows": .array(rows.map(object)),
            ]))
    }

    private static func line(_ row: ComponentSelectionWorkload.Row) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text.padding(toLength: width, withPad: " ", startingAt: 0)
        }
        let (least, most) = (row.components.min() ?? 0, row.components.max() ?? 0)
        return padded(row.task, 17) + padded(row.drawSequence, 8) + padded("\(row.modes)", 7)
            + padded("\(row.right)/\(row.found.count)", 7)
            + padded(least == most ? "\(least)" : "\(least)–\(most)", 12)
            + String(format: "%8.0f  %10.3f", row.effectiveSampleSize, row.seconds)
    }

    private static func object(_ row: ComponentSelectionWorkload.Row) -> JSONValue {
        .object([
            "task": .string(row.task), "drawSequence": .string(row.drawSequence), "modes": .integer(row.modes),
            "right": .integer(row.right), "found": .array(row.found.map(JSONValue.integer)),
            "components": .array(row.components.map(JSONValue.integer)),
            "effectiveSampleSize": .number(row.effectiveSampleSize), "seconds": .number(row.seconds),
        ])
    }
}
