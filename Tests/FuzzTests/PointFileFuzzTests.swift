import FlowMath
import PointFiles
import TestSupport
import Testing

/// Whatever the bytes, the reader returns; what it accepts is a whole table of finite numbers, which is written and read
/// back unchanged.
@Suite struct PointFileFuzzTests {
    private static let tokens = [
        ",", "\n", "\r", "\r\n", "#", "\"", " ", "\t", "1e", "0x1", "theta0", "x0", "'", "True", "'shape'", "<f4",
        ">i8", "|u1", ", 2",
        "L", "'descr': ", "PK\u{3}\u{4}",
    ]

    @Test(arguments: [true, false])
    func hostileFiles(isText: Bool) throws {
        let seeds = Corpus.inputs(isText ? "csv" : "npy")
        #expect(seeds.count >= 8)
        let inputs = HostileInputs(seeds: seeds, tokens: Self.tokens, part: isText ? 6 : 7) {
            isText ? Self.text(&$0) : Self.array(&$0)
        }
        try fuzz(isText ? "csv" : "npy", count: 15_000, inputs) { bytes in
            guard let table = try? Self.read(bytes, isText ? "f.csv" : "f") else { return false }
            try Self.check(table)
            return true
        }
    }

    private static func read(_ bytes: [UInt8], _ name: String) throws(PointFileError) -> PointTable {
        let result = bytes.withUnsafeBytes { bytes -> Result<PointTable, PointFileError> in
            Result { () throws(PointFileError) in try PointTable(decoding: bytes, name: name) }
        }
        return try result.get()
    }

    private static func check(_ table: PointTable) throws {
        let points = table.points
        let isWhole =
            points.count > 0 && points.values.count == points.count * points.dimension
            && points.values.allSatisfy(\.isFinite)
            && (table.columns.isEmpty || table.columns.count == points.dimension)
        if !isWhole { Issue.record("\(table)") }
        for format in [PointFormat.csv, .npy] {
            let names = (0..<points.dimension).map { "theta\($0)" }
            let encoder = PointEncoder(format, columns: names, count: points.count)
            let again = try read(encoder.head + encoder.rows(points, first: true), "f.\(format.rawValue)")
            if again.points != points { Issue.record("\(points) became \(again.points)") }
        }
        // Columns by name or by place, whatever the names are.
        for (dimension, context) in [(1, 0), (2, 0), (2, 1), (1, 3)] {
            guard
                let found = try? PosteriorColumns(table, dimension: dimension, contextDimension: context, file: "f")
            else { continue }
            if found.points.dimension != dimension || found.points.count != points.count { Issue.record("\(table)") }
        }
    }

    private static func text(_ random: inout RandomStream) -> [UInt8] {
        let columns = 1 + random.nextIndex(below: 4)
        let separator = random.element(of: [",", ", ", " ", "\t"])
        let end = random.element(of: ["\n", "\r\n", "\r"])
        var lines: [String] = []
        if random.happens(oneIn: 3) {
            let names = ["theta0", "theta1", "x0", "a", "\"q\"", "é", "theta18446744073709551616", "x"]
            lines.append((0..<columns).map { _ in random.element(of: names) }.joined(separator: separator))
        }
        for _ in 0...random.nextIndex(below: 5) {
            let row = (0..<columns).map { _ in
                random.element(of: [
                    "1", "-2.5", "+.5", "5.", "1e-320", "1e308", "-0", "\(random.nextNormal())", "\"3\"",
                ])
            }
            lines.append(row.joined(separator: separator) + (random.happens(oneIn: 6) ? " # c" : ""))
        }
        return Array(lines.joined(separator: end).utf8)
    }

    /// A NumPy array of every element type, order and version.
    private static func array(_ random: inout RandomStream) -> [UInt8] {
        let size = random.element(of: [1, 2, 4, 8])
        let kind = size > 2 && random.happens(oneIn: 2) ? "f" : random.element(of: ["i", "u"])
        let order = size == 1 ? "|" : random.element(of: ["<", ">"])
        let (rows, columns) = (1 + random.nextIndex(below: 4), 1 + random.nextIndex(below: 3))
        let shape = random.happens(oneIn: 3) ? "(\(rows * columns),)" : "(\(rows), \(columns))"
        let fortran = random.element(of: ["True", "False"])
        let header = Array(
            "{'descr': '\(order)\(kind)\(size)', 'fortran_order': \(fortran), 'shape': \(shape), }   \n".utf8)
        let version = UInt8(1 + random.nextIndex(below: 3))
        let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        let data = (0..<(rows * columns * size)).map { _ in UInt8(random.nextIndex(below: 256)) }
        return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, version, 0] + length + header + data
    }
}
