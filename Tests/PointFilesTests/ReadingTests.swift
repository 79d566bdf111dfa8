import FlowMath
import Foundation
import PointFiles
import Testing

/// A table from bytes or text, as a file of that name.
func read(_ bytes: [UInt8], _ name: String = "points.csv") throws -> PointTable {
    try bytes.withUnsafeBytes { try PointTable(decoding: $0, name: name) }
}

func read(_ text: String, _ name: String = "points.csv") throws -> PointTable { try read(Array(text.utf8), name) }

@Suite struct ReadingTests {
    private struct OracleCase: Decodable {
        var name: String
        var hex: String
        var rows: [[String]]
    }

    @Test("what NumPy writes is read as NumPy reads it (Tests/Oracles/point_files.py)")
    func oracle() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../Oracles/point_files.json")
        let cases = try JSONDecoder().decode([OracleCase].self, from: Data(contentsOf: path))
        #expect(cases.count >= 25)
        for item in cases {
            let digits = Array(item.hex.utf8)
            let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
            }
            let table = try read(bytes, item.name)
            let expected = item.rows.flatMap { $0 }.compactMap(Double.init)
            #expect(table.points.count == item.rows.count && table.points.dimension == item.rows[0].count)
            #expect(table.points.values == expected, "\(item.name)")
            #expect(table.columns == (item.name == "header.csv" ? ["theta0", "theta1", "theta2"] : []))
        }
    }

    @Test("all ways of writing the same table in text")
    func text() throws {
        let expected: [Double] = [1, -2.5, 3e-7, 4]
        for text in [
            "1,-2.5\n3e-7,4\n", "1,-2.5\n3e-7,4", "1 -2.5\r\n3E-7 +4\r\n", "1,-2.5\r3e-7,4\r",
            "\u{FEFF}1, -2.5\n3e-7, 4.\n",
            "# made by hand\n\n1\t-2.5 # the first\n  \n3e-7   4\n#end", " 1 , -2.5 \n.3e-6,4.0",
            "\"1\",\"-2.5\"\n3e-7,4",
        ] {
            let table = try read(text)
            #expect(table.points == Points(dimension: 2, values: expected) && table.columns.isEmpty, "\(text)")
        }
        let named = try read("\"theta0\", theta1\n1,-2.5\n3e-7,4\n")
        #expect(named.columns == ["theta0", "theta1"] && named.points.values == expected)
        // As data frames are written, the index's column without a name.
        #expect(try read(",theta0\n0,1.5\n1,2.5\n").columns == ["", "theta0"])
        #expect(try read("7\n").points == Points(dimension: 1, values: [7]))
        #expect(named.selecting([1]) == Points(dimension: 1, values: [-2.5, 4]))
    }

    @Test(
        "mistakes in text are named with line and column",
        arguments: [
            ("", "is empty"), ("\n# nothing\n", "is empty"), ("theta0,theta1\n", "a header and no rows"),
            ("1,2\n3\n", "line 2: has 1 column where the first row has 2"),
            ("1,2\n\n3,4,5\n", "line 3: has 3 columns where the first row has 2"),
            ("1,2\n3,abc\n", "line 2, column 2: 'abc' is not a number"),
            ("theta0,theta1\n1,2\n3,abc\n", "line 3, column 2 (theta1): 'abc' is not a number"),
            ("1,abc\n", "line 1, column 2: 'abc' is not a number"), ("1,2\n3,\n", "line 2, column 2: is empty"),
            ("1,2\n3,nan\n", "line 2, column 2: nan is not a finite number"),
            ("1,2\n-Inf,3\n", "line 2, column 1: -Inf is not a finite number"),
            ("1,2\n1e999,3\n", "line 2, column 1: 1e999 is not a finite number"),
            ("1,2\n0x10,3\n", "'0x10' is not a number"),
            ("1;2\n3;4\n", "line 2, column 1 (1;2): '3;4' is not a number"),
            ("1,2\n3,4 5\n", "line 2, column 2: '4 5' is not a number"),
            ("a,b\n1,2,3\n", "line 2: has 3 columns where the first row has 2"),
            ("PK\u{3}\u{4}", "zip archive"), ("1,2\n3,\u{1B}[31m\n", "'·[31m' is not a number"),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: PointFileError.self) { try read(text) }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.remedy.isEmpty == false)
    }

    /// A version 1.0 file with this dictionary and these data.
    private func file(_ header: String, data: [UInt8] = [UInt8](repeating: 0, count: 16)) -> [UInt8] {
        [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
            + Array(header.utf8) + data
    }

    @Test(
        "binary files that are wrong or hostile are refused",
        arguments: [
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 2), }", "does not fit"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952, 1), }", "does not fit"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387905, 4), }", "does not fit"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 1), }", "header is not"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2), }", "header is not"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1), }", "does not fit the 16 bytes"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", "does not fit the 16 bytes"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "0 dimensions"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2, 1), }", "3 dimensions"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 2), }", "is empty"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 0), }", "is empty"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "not plain numbers"),
            ("{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", "not plain numbers"),
            ("{'descr': '<f2', 'fortran_order': False, 'shape': (8,), }", "not plain numbers"),
            ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }", "header is not"),
            ("{'descr': '<f8', 'fortran_order': 0, 'shape': (2,), }", "header is not"),
            ("{'descr': '<f8', 'shape': (2,), }", "header is not"), ("{'descr': '<f8'", "header is not"),
            ("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", "header is not"),
            ("", "header is not"),
        ])
    func badArrays(header: String, message: String) {
        let error = #expect(throws: PointFileError.self) { try read(file(header), "a.npy") }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("files that end early, later versions and values that are not finite")
    func damagedArrays() throws {
        let whole = file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}")
        #expect(try read(whole, "a.npy").points == Points(dimension: 1, values: [0, 0]))
        for length in 0..<whole.count {
            #expect(throws: PointFileError.self) { try read(Array(whole[..<length]), "a.npy") }
        }
        #expect(throws: PointFileError.self) { try read(whole + [0], "a.npy") }
        var later = whole
        later[6] = 4
        let version = #expect(throws: PointFileError.self) { try read(later, "a.npy") }
        #expect(version.map { "\($0)" }?.contains("version 4.0") == true)
        let nan = withUnsafeBytes(of: Double.nan.bitPattern.littleEndian, Array.init)
        let error = #expect(throws: PointFileError.self) {
            try read(
                file("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2)}", data: Array(nan.reversed()) + nan),
                "a.npy")
        }
        #expect(error.map { "\($0)" }?.contains("row 1, column 2: nan") == true)
        let text = #expect(throws: PointFileError.self) { try read("1,2\n", "a.npy") }
        #expect(text.map { "\($0)" }?.contains("not a NumPy array") == true)
    }
}
