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
        #expect(try columns("1,2\n", 2, 1).contexts == nil)
        let pairs = try columns("1,2,3\n4,5,6\n", 2, 1)
        #expect(pairs.points.values == [1, 2, 4, 5] && pairs.contexts?.values == [3, 6])
    }

    @Test("by name, in any order")
    func name() throws {
        let named = try columns("w,theta1,x1,theta0,logprob,x0,xylem\n9,2,4,1,8,3,7\n", 2, 2)
        #expect(named.points.values == [1, 2] && named.contexts?.values == [3, 4])
        #expect(named.ignored == ["w", "logprob", "xylem"])
        #expect(try columns("theta1,theta0\n2,1\n", 2, 2).contexts == nil)
        let mixed = try columns("X0,Theta1,THETA0,W\n3,2,1,9\n", 2, 1)
        #expect(mixed.points.values == [1, 2] && mixed.contexts?.values == [3] && mixed.ignored == ["W"])
    }

    @Test(
        "what does not fit is said",
        arguments: [
            ("1,2,3\n", 2, 0, "has 3 columns"), ("1,2,3,4\n", 2, 1, "has 4 columns"), ("1\n", 2, 1, "has 1 column"),
            ("theta0,b\n1,2\n", 2, 0, "no column theta1"), ("theta0,theta1\n1,2\n", 1, 0, "a column theta1"),
            // Columns with other names are never taken by position.
            (
                "a,b\n1,2\n", 2, 0,
                "has no column theta0: its first line names a,b, and columns with names are not taken"
            ),
            ("a,b\n1,2\n", 2, 1, "names a,b"), ("theta1,theta2\n1,2\n", 2, 0, "no column theta0"),
            ("theta_0,theta_1\n1,2\n", 2, 0, "theta0 (did you mean to call 'theta_0' so?)"),
            ("theta0,Theta0,theta1\n1,2,3\n", 2, 0, "two columns Theta0"),
            ("theta0,x0,X0\n1,2,3\n", 1, 1, "two columns X0"), ("theta0,x1\n1,2\n", 1, 1, "other columns of x"),
            ("theta0,x0\n1,2\n", 1, 0, "not amortised"), ("theta0,x0\n1,2\n", 1, 2, "other columns of x than x0,x1"),
            ("theta0,x0,x1\n1,2,3\n", 1, 1, "other columns of x than x0"),
        ])
    func mistakes(text: String, dimension: Int, contextDimension: Int, says: String) {
        let error = #expect(throws: PointFileError.self) { try columns(text, dimension, contextDimension) }
        #expect(error?.description.contains(says) == true && error?.remedy.contains("theta0") == true)
    }

    @Test("observations by name, and by position only without names")
    func observations() throws {
        func observations(_ text: String) throws -> ObservationColumns {
            try ObservationColumns(read(text), dimension: 2, file: "x.csv")
        }
        #expect(try observations("1,2\n").observations.values == [1, 2])
        let named = try observations("X1,w,x0\n2,9,1\n")
        #expect(named.observations.values == [1, 2] && named.ignored == ["w"])
        for (text, says) in [
            ("1,2,3\n", "has 3 columns where x has 2"), ("u,v\n1,2\n", "no column x0: its first line names u,v"),
            ("x0,x_1\n1,2\n", "x1 (did you mean to call 'x_1' so?)"), ("x0,x1,x2\n1,2,3\n", "a column x2"),
            ("x0,X0\n1,2\n", "two columns X0"),
        ] {
            let error = #expect(throws: PointFileError.self) { try observations(text) }
            #expect(error?.description.contains(says) == true, "\(text): \(error?.description ?? "")")
        }
    }
}
