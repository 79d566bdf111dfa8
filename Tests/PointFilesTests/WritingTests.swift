import FlowMath
import Foundation
import PointFiles
import Testing

@Suite struct WritingTests {
    private static let values: [Double] = [
        0.1, -1e-300, 1.7976931348623157e308, Double.leastNonzeroMagnitude, 1 / 3, -0.0, 123456789.125,
        Double(Float(0.1)),
    ]

    @Test("what is written is read back to the last bit, in pieces or whole", arguments: [PointFormat.csv, .npy])
    func roundTrip(format: PointFormat) throws {
        let points = Points(dimension: 2, values: Self.values)
        let encoder = PointEncoder(format, columns: ["theta0", "theta1", "logprob"], count: 4)
        let last: [Double] = [1, -2.5, 1e-9, 7]
        let whole = encoder.head + encoder.rows(points, last: last, first: true) + encoder.tail
        let split =
            encoder.head + encoder.rows(points.prefix(1), last: [1], first: true)
            + encoder.rows(
                Points(dimension: 2, values: Array(Self.values[2...])), last: Array(last[1...]), first: false)
        #expect(whole == split)
        let table = try read(whole, "x.\(format.rawValue)")
        #expect(table.selecting([0, 1]).values.map(\.bitPattern) == Self.values.map(\.bitPattern))
        #expect(table.selecting([2]).values == last)
        #expect(table.columns == (format == .csv ? ["theta0", "theta1", "logprob"] : []))
    }

    @Test("the header of an array is NumPy's own (numpy.lib.format: aligned to 64, ended by a line feed)")
    func header() {
        let vector = PointEncoder(.npy, columns: ["logprob"], count: 3).head
        #expect(vector.count == 128 && vector.last == 0x0A)
        #expect(
            String(decoding: vector[10...], as: UTF8.self).hasPrefix(
                "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"))
        let table = PointEncoder(.npy, columns: ["a", "b"], count: 1_000_000).head
        #expect(String(decoding: table[10...], as: UTF8.self).contains("'shape': (1000000, 2), }"))
        #expect(table.count % 64 == 0)
    }

    @Test("text forms")
    func text() throws {
        let points = Points(dimension: 2, values: [0.1, 2, -3, 1e-7])
        let csv = PointEncoder(.csv, columns: ["theta0", "theta1"], count: 2)
        #expect(
            String(decoding: csv.head + csv.rows(points, first: true) + csv.tail, as: UTF8.self)
                == "theta0,theta1\n0.1,2.0\n-3.0,1e-07\n")
        let json = PointEncoder(.json, columns: ["theta0", "theta1", "logprob"], count: 2, members: "\"run\":\"ab\"")
        let bytes = json.head + json.rows(points, last: [-.infinity, 1], first: true) + json.tail
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["run"] as? String == "ab" && (object["columns"] as? [String])?.count == 3)
        let rows = try #require(object["rows"] as? [[Any]])
        #expect(rows.count == 2 && rows[0][2] is NSNull && rows[1][0] as? Double == -3)
        #expect(PointFormat(fileName: "A.NPY") == .npy && PointFormat(fileName: "a.dat") == nil)
    }
}
