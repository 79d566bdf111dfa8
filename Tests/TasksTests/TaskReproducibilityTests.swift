import Catalog
import FlowMath
import Tasks
import Testing

/// The numbers of every task, bit for bit, as digests of this implementation's own output (not an oracle: the other
/// tests say that the numbers are right, this one says that they have not moved). A change here changes what stored
/// runs mean: raise the task's `version` with it.
@Suite("Reproducibility of the tasks")
struct TaskReproducibilityTests {
    static let digests: [String: String] = [
        "corners v1": "7785121a8de6b305",
        "cube v1": "af99a3bf7c33dd7d",
        "ring v1": "309e6de377dcc76d",
        "two-moons v1": "1d02136eb6b9f14c",
        "rings v1": "f08e9c8186645a15",
        "unequal v1": "df3ccb160a88bc8e",
        "quadratic-2d v1": "b539e91795bd643",
        "quadratic-3d v1": "5e87cc64773846a1",
        "sbibm-two-moons v1": "38fde41568e8f61d",
        "slcp v1": "65afecbf1908c636",
        "gmm40 v1": "dcceeab028ffe2ed",
        "signs v1": "655450a87e5461fb",
        "gaussian-linear v1": "62ed2cfe367b45c9",
        "two-scale v1": "857a94e691f76df5",
    ]

    @Test func numbersHaveNotMoved() throws {
        for entry in TaskCatalog.entries {
            let task = try TaskCatalog.make(ComponentChoice(name: entry.description.name))
            let stream = RandomStream(seed: 20_251_204, purpose: .reference)
            let samples = task.samplePosterior(count: 200, observation: task.observation, stream: stream)
            let prior = task.samplePrior(count: 200, stream: stream)
            let numbers =
                samples.values + task.logPosterior(of: samples, observation: task.observation)
                + task.logPosterior(of: prior, observation: task.observation)
                + [
                    task.logEvidence(observation: task.observation),
                    task.logSeparatingDensity(observation: task.observation) ?? 0,
                ] + task.modes(observation: task.observation).flatMap(\.centre)
            let name = "\(entry.description.name) v\(entry.description.version)"
            #expect(Self.digests[name] == digest(numbers), "\(name)")
        }
        #expect(Self.digests.count == TaskCatalog.entries.count)
    }

    /// Observations whose draws take another way: a mean far outside the box, points on a line.
    @Test(arguments: [
        ([30.0, 30, 30, -30, 30, 30, 30, -30], "1b7cd233bbeec53d"), ([0, 0, 1, 1, 2, 2, 3, 3], "6e8a03277936f5fc"),
    ])
    func farAndCollinearObservationsHaveNotMoved(x: [Double], expected: String) throws {
        let task = try TaskSetting(name: "slcp", parameters: ["observation": .array(x.map { .number($0) })]).make()
        let stream = RandomStream(seed: 20_251_204, purpose: .reference)
        let samples = task.samplePosterior(count: 200, observation: x, stream: stream)
        #expect(digest(samples.values + [task.logEvidence(observation: x)]) == expected)
    }

    /// FNV-1a (Fowler, Noll & Vo) over the bit patterns.
    private func digest(_ numbers: [Double]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for number in numbers {
            var bits = number.bitPattern
            for _ in 0..<8 {
                hash = (hash ^ (bits & 0xff)) &* 0x100_0000_01b3
                bits >>= 8
            }
        }
        return String(hash, radix: 16)
    }
}
