import FlowMath
import PointFiles
import Testing

@Suite struct SamplePairTests {
    private func pair(_ a: String, _ b: String) throws -> SamplePair {
        try SamplePair(read(a), read(b), files: ("a.csv", "b.csv"))
    }

    @Test("columns are brought together by name; without names in order")
    func columns() throws {
        let plain = try pair("1,2\n", "3,4\n")
        #expect(plain.first.values == [1, 2] && plain.second.values == [3, 4] && plain.notes.isEmpty)
        let swapped = try pair("x,y\n1,2\n", "Y,X\n4,3\n")
        #expect(swapped.second.values == [3, 4] && swapped.notes == ["b.csv: columns brought into the order x,y"])
        // What `sample --with-logprob` writes; theta by number on both sides.
        let drawn = try pair("theta1,theta0\n2,1\n", "theta0,theta1,logprob\n3,4,9\n")
        #expect(drawn.first.values == [1, 2] && drawn.second.values == [3, 4])
        #expect(drawn.notes == ["b.csv: not used: 'logprob'"])
        // One side has no names.
        let mixed = try pair("theta1,theta0,w\n2,1,9\n", "3,4\n")
        #expect(mixed.first.values == [1, 2] && mixed.second.values == [3, 4])
        #expect(try pair("u,v\n1,2\n", "3,4\n").first.values == [1, 2])
    }

    @Test(
        "what cannot be brought together is said",
        arguments: [
            ("1,2\n", "1\n", "has 2 columns and b.csv has 1 column"),
            ("x,y\n1,2\n", "a,b\n1,2\n", "has the columns x,y and b.csv has a,b"),
            ("x,y\n1,2\n", "x,z\n1,2\n", "has x,z"), ("theta0,w\n1,2\n", "1,2\n", "has 1 column and b.csv has 2"),
            ("theta0,theta2\n1,2\n", "1,2\n", "no column theta1, and one theta2"),
            ("x,X\n1,2\n", "1,2\n", "two columns X"),
        ])
    func mistakes(a: String, b: String, says: String) {
        let error = #expect(throws: PointFileError.self) { try pair(a, b) }
        #expect(error?.description.contains(says) == true && error?.remedy.isEmpty == false)
    }
}
