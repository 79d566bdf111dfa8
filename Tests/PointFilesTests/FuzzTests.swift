import FlowMath
import PointFiles
import Testing

/// Whatever the bytes, the reader returns; what it accepts is a whole table of finite numbers, which is written and read
/// back unchanged.
@Suite struct FuzzTests {
    private static let texts = [
        "theta0,theta1\n1.5,-2\n3e-7,4\n", "# c\r\n1 2 3\r\n4\t5 6 # d\r\n\r\n",
        "\u{FEFF}\"a\", b\n+.5,1e308\n-0.0,5.\n",
        "1\r2\r3", "nan,inf\n1,2\n",
    ].map { Array($0.utf8) }
    private static let arrays = [PointFormat.npy].flatMap { format in
        [1, 2].map { columns in
            let encoder = PointEncoder(format, columns: (0..<columns).map { "c\($0)" }, count: 2)
            return encoder.head
                + encoder.rows(
                    Points(dimension: columns, values: Array([0.5, -1, 3, 1e9].prefix(2 * columns))), first: true)
        }
    }
    private static let tokens =
        [
            ",", "\n", "\r", "\r\n", "#", "\"", " ", "\t", "e", "1e", "-", "+", ".", "nan", "inf", "1e999", "0x1",
            "theta0",
            "(", ")", "{", "}", "'", "True", "9223372036854775807", "'shape'", "<f4", ">i8", "|u1", "é", ", 2", "L",
        ].map { Array($0.utf8) } + [[0xFF], [0], [0x93], [0x50, 0x4B, 3, 4], [0xEF, 0xBB, 0xBF]]

    @Test(arguments: [(0, true), (1, true), (0, false), (1, false)])
    func mutatedFilesNeverTrap(part: Int, isText: Bool) throws {
        var random = RandomStream(seed: UInt64(20_261 + part), purpose: .pool, step: isText ? 0 : 1)
        let seeds = isText ? Self.texts : Self.arrays
        var accepted = 0
        for _ in 0..<60_000 {
            var bytes = seeds[random.nextIndex(below: seeds.count)]
            for _ in 0...random.nextIndex(below: 4) {
                let place = random.nextIndex(below: bytes.count + 1)
                switch random.nextIndex(below: 5) {
                case 0: if place < bytes.count { bytes[place] = UInt8(random.nextIndex(below: 256)) }
                case 1: if place < bytes.count { bytes.remove(at: place) }
                case 2: bytes.insert(contentsOf: Self.tokens[random.nextIndex(below: Self.tokens.count)], at: place)
                case 3: bytes.removeLast(min(bytes.count, random.nextIndex(below: 12)))
                default:
                    let end = min(bytes.count, place + random.nextIndex(below: 12))
                    bytes.insert(contentsOf: Array(bytes[place..<end]), at: random.nextIndex(below: bytes.count + 1))
                }
            }
            guard let table = try? read(bytes, isText ? "f.csv" : "f") else { continue }
            accepted += 1
            try check(table)
        }
        // A fuzz test that is always refused tries nothing behind the first check.
        #expect(accepted > 500, "\(accepted) accepted")
    }

    private func check(_ table: PointTable) throws {
        let points = table.points
        let isWhole =
            points.count > 0 && points.values.count == points.count * points.dimension
            && points.values.allSatisfy(\.isFinite)
            && (table.columns.isEmpty || table.columns.count == points.dimension)
        #expect(isWhole)
        for format in [PointFormat.csv, .npy] {
            let encoder = PointEncoder(
                format, columns: (0..<points.dimension).map { "theta\($0)" }, count: points.count)
            let again = try read(encoder.head + encoder.rows(points, first: true), "f.\(format.rawValue)")
            if again.points != points { Issue.record("\(points) became \(again.points)") }
        }
    }

    @Test func randomBytesNeverTrap() {
        var random = RandomStream(seed: 20_263, purpose: .pool)
        for _ in 0..<20_000 {
            var bytes = (0..<random.nextIndex(below: 40)).map { _ in UInt8(random.nextIndex(below: 256)) }
            if random.nextIndex(below: 2) == 0 { bytes = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0] + bytes }
            _ = try? read(bytes, "f")
        }
    }
}
