import FlowMath
import PointFiles
import Testing

@Suite struct PosteriorColumnsTests {
    private func columns(_ text: String, _ dimension: Int, _ contextDimension: Int = 0) throws -> PosteriorColumns {
        try PosteriorColumns(read(text), dimension: dimension, contextDimension: contextDimension, file: "p.csv")
    }

    @Test("by position")
    func position() throws {
        let plain = try columns("1,2\n3,4\n", 2)
        #expect(plain.points.values == [1, 2, 3, 4] && plain.contexts == nil && plain.ignored.isEmpty)
        #expect(try columns("a,b\n1,2\n", 2, 1).contexts == nil)
        let pairs = try columns("1,2,3\n4,5,6\n", 2, 1)
        #expect(pairs.points.values == [1, 2, 4, 5] && pairs.contexts?.values == [3, 6])
    }

    @Test("by name, in any order")
    func name() throws {
        let named = try columns("w,theta1,x1,theta0,logprob,x0,xylem\n9,2,4,1,8,3,7\n", 2, 2)
        #expect(named.points.values == [1, 2] && named.contexts?.values == [3, 4])
        #expect(named.ignored == ["w", "logprob", "xylem"])
        #expect(try columns("theta1,theta0\n2,1\n", 2, 2).contexts == nil)
    }

    @Test(
        "what does not fit is said",
        arguments: [
            ("1,2,3\n", 2, 0, "has 3 columns"), ("1,2,3,4\n", 2, 1, "has 4 columns"), ("1\n", 2, 1, "has 1 column"),
            ("theta0,b\n1,2\n", 2, 0, "no column theta1"), ("theta0,theta1\n1,2\n", 1, 0, "a column theta1"),
            ("theta0,x0\n1,2\n", 1, 0, "not amortised"), ("theta0,x0\n1,2\n", 1, 2, "other columns of x than x0,x1"),
            ("theta0,x0,x1\n1,2,3\n", 1, 1, "other columns of x than x0"),
        ])
    func mistakes(text: String, dimension: Int, contextDimension: Int, says: String) {
        let error = #expect(throws: PointFileError.self) { try columns(text, dimension, contextDimension) }
        #expect(error?.description.contains(says) == true && error?.remedy.contains("theta0") == true)
    }
}
