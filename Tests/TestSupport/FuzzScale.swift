import Foundation

/// How much the fuzz tests try: `FLOWEXP_FUZZ_SCALE` multiplies the number of inputs (1 without it), `FLOWEXP_FUZZ_SEED`
/// changes them.
public enum FuzzScale {
    /// At least 1.
    public static let factor = max(1, Int(ProcessInfo.processInfo.environment["FLOWEXP_FUZZ_SCALE"] ?? "") ?? 1)

    /// The same inputs in every run of `make test`.
    public static let seed = UInt64(ProcessInfo.processInfo.environment["FLOWEXP_FUZZ_SEED"] ?? "") ?? 20_261

    /// Processor seconds of this thread: a loaded machine makes no input look slow.
    public static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }

    /// The line that the torture bench counts.
    public static func report(_ parser: String, inputs: Int, accepted: Int) {
        print("fuzz: \(parser) \(inputs) inputs, \(accepted) accepted")
    }
}

/// The committed inputs of a parser: interesting seeds, and every input that a parser once got wrong.
public enum Corpus {
    /// `Tests/Fixtures/Corpus`.
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/Corpus").path

    /// The files of a folder, by name; empty when there is none, which every user checks.
    public static func inputs(_ folder: String) -> [[UInt8]] {
        let directory = root + "/" + folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.sorted().compactMap {
            FileManager.default.contents(atPath: directory + "/" + $0).map { [UInt8]($0) }
        }
    }
}
