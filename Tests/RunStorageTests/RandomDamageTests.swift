import Foundation
import RunStorage
import Testing

/// Pages of the database and files of runs harmed at random. Whatever happens: no trap, no wrong digest given as right,
/// and after a repair and the same work again the store is the good one.
///
/// FLOWEXP_TEST_DAMAGE=2000 tries more than the short version.
@Suite struct RandomDamageTests {
    private let count = Int(ProcessInfo.processInfo.environment["FLOWEXP_TEST_DAMAGE"] ?? "") ?? 200

    @Test func damagedPagesAreNoticedAndMended() throws {
        let original = TemporaryDirectory(inMemory: true)
        try RepairSample.make(original)
        let digest = try original.digest()
        let expected = try RepairSample.workAgain(try TemporaryDirectory(copying: original, inMemory: true))
        let good = try Data(contentsOf: URL(fileURLWithPath: original.database))
        var generator = SeededGenerator(state: 20_240_607)
        var (noticed, harmless) = (0, 0)
        for number in 0..<count {
            let directory = try TemporaryDirectory(copying: original, inMemory: true)
            defer { try? FileManager.default.removeItem(atPath: directory.path) }
            let (data, what) = Self.harmed(good, &generator)
            let comment: Comment = "damage \(number): \(what)"
            try data.write(to: URL(fileURLWithPath: directory.database))
            var answer: String?
            do { answer = try directory.digest() } catch is RunStoreError {}
            #expect(answer == nil || answer == digest, comment)
            do {
                let check = try directory.check()
                if check.isSound { harmless += 1 } else { noticed += 1 }
                try directory.repair()
            } catch let error as RunStoreError {
                // The version's own bytes were hit: a store that says it is newer is left alone, its database is not.
                guard case .newerVersion = error.kind else { throw error }
                noticed += 1
                try directory.remove("flowexp.sqlite")
                try directory.repair()
            }
            #expect(try directory.check().isSound, comment)
            #expect(try directory.digest() == digest, comment)
            #expect(try RepairSample.workAgain(directory) == expected, comment)
        }
        print("damaged databases: \(noticed) noticed, \(harmless) without effect")
        #expect(noticed > count / 2)
    }

    /// Each page of the database in place of the one with the runs: valid pages, wrong rows. The names of tables pass for
    /// run ids.
    @Test func aPageInPlaceOfAnotherIsNoticedAndMended() throws {
        let original = TemporaryDirectory(inMemory: true)
        try RepairSample.make(original)
        let digest = try original.digest()
        let good = try Data(contentsOf: URL(fileURLWithPath: original.database))
        let target = try original.value("SELECT rootpage FROM sqlite_master WHERE name = 'run_records'") - 1
        for page in 0..<good.count / 4096 where page != target {
            let directory = try TemporaryDirectory(copying: original, inMemory: true)
            defer { try? FileManager.default.removeItem(atPath: directory.path) }
            var data = good
            data.replaceSubrange(target * 4096..<(target + 1) * 4096, with: good[page * 4096..<(page + 1) * 4096])
            try data.write(to: URL(fileURLWithPath: directory.database))
            let answer = try? directory.digest()
            #expect(answer == nil || answer == digest, "page \(page)")
            #expect(try directory.repair().isNeeded, "page \(page)")
            #expect(try directory.check().isSound, "page \(page)")
            #expect(try directory.digest() == digest, "page \(page)")
        }
    }

    @Test func damagedFilesAreNoticedAndMended() throws {
        let original = TemporaryDirectory(inMemory: true)
        try RepairSample.make(original)
        let expected = try RepairSample.workAgain(try TemporaryDirectory(copying: original, inMemory: true))
        var generator = SeededGenerator(state: 7)
        for number in 0..<count / 4 {
            let directory = try TemporaryDirectory(copying: original, inMemory: true)
            defer { try? FileManager.default.removeItem(atPath: directory.path) }
            var names = ["revisions", "artefacts"].flatMap { top in
                (try? FileManager.default.subpathsOfDirectory(atPath: directory.store + "/" + top))?
                    .map { top + "/" + $0 } ?? []
            }
            names.removeAll { !$0.contains(".") }
            let name = names.sorted()[Int.random(in: 0..<names.count, using: &generator)]
            let url = URL(fileURLWithPath: directory.store + "/" + name)
            let (data, what) = Self.harmed(try Data(contentsOf: url), &generator)
            try data.write(to: url)
            // Half of them with the database gone as well.
            if number.isMultiple(of: 2) { try directory.remove("flowexp.sqlite") }
            let comment: Comment = "damage \(number): \(name) \(what)"
            #expect(try !directory.check().isSound, comment)
            try directory.repair()
            #expect(try directory.check().isSound, comment)
            #expect(try RepairSample.workAgain(directory) == expected, comment)
        }
    }

    private static func harmed(_ good: Data, _ generator: inout SeededGenerator) -> (Data, String) {
        var data = good
        func place() -> Int { Int.random(in: 0..<good.count, using: &generator) }
        let kind = Int.random(in: 0..<7, using: &generator)
        let start = place()
        let page = start / 4096 * 4096
        let end = min(page + 4096, data.count)
        switch kind {
        case 0:
            let bit = UInt8.random(in: 0..<8, using: &generator)
            data[start] ^= 1 << bit
            return (data, "bit \(bit) of byte \(start)")
        case 1:
            data.replaceSubrange(page..<end, with: [UInt8](repeating: 0, count: end - page))
            // Zeroes over zeroes are no damage.
            if data == good { data[start] ^= 1 }
            return (data, "page at \(page) zeroed")
        case 2:
            for index in page..<end { data[index] = UInt8.random(in: 0...255, using: &generator) }
            return (data, "page at \(page) random")
        case 3: return (data.prefix(start), "cut to \(start)")
        case 4:
            for _ in 0..<20 { data[place()] = UInt8.random(in: 0...255, using: &generator) }
            if data == good { data[start] ^= 1 }
            return (data, "20 random bytes")
        case 5:
            let other = place() / 4096 * 4096
            let copy = good[other..<min(other + 4096, good.count)]
            data.replaceSubrange(page..<min(page + copy.count, data.count), with: copy.prefix(data.count - page))
            if data == good { data[start] ^= 1 }
            return (data, "page at \(other) copied to \(page)")
        default:
            let head = min(page + Int.random(in: 0..<16, using: &generator), data.count - 1)
            data[head] ^= UInt8.random(in: 1...255, using: &generator)
            return (data, "page head byte \(head)")
        }
    }
}

/// SplitMix64: the same sequence everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
