import FlowMath
import Synchronization
import Tasks

/// References and floors of this process, each computed once however many workers ask at the same time.
///
/// A task's locks are held while its reference or floors are computed: a second worker with the same task waits for
/// them, workers with other tasks do not. Floors may ask for the reference, never the other way round.
final class ReferenceRegistry: Sendable {
    static let shared = ReferenceRegistry()

    /// What is known of one task configuration.
    private final class Entry: Sendable {
        let reference = Mutex<TaskReference?>(nil)
        let floors = Mutex<[String: MetricFloor]>([:])
    }

    private let entries = Mutex<[String: Entry]>([:])

    private func entry(_ key: String) -> Entry {
        entries.withLock { entries in
            if let known = entries[key] { return known }
            let made = Entry()
            entries[key] = made
            return made
        }
    }

    /// The reference under `key`, from memory, the cache or `compute`.
    func reference(
        _ key: ReferenceKey, task: any InferenceTask, observation: [Double], cache: any ReferenceCache
    ) -> TaskReference {
        entry(key.text).reference.withLock { known in
            if let known { return known }
            let cacheKey = key.text + "|reference"
            let reference: TaskReference
            if let text = cache.text(forKey: cacheKey),
                let read = TaskReference(text: text, task: task, observation: observation)
            {
                reference = read
            } else {
                reference = TaskReference(task: task, observation: observation, seed: key.seed)
                cache.store(reference.text, forKey: cacheKey)
            }
            known = reference
            return reference
        }
    }

    /// The floors under `keys`, in their order; those not known yet are computed together by `compute`, which gets
    /// their positions and returns one floor each (nil where it has no value).
    func floors(
        _ key: ReferenceKey, _ keys: [String], cache: any ReferenceCache, compute: ([Int]) -> [MetricFloor?]
    ) -> [MetricFloor?] {
        entry(key.text).floors.withLock { known in
            var missing: [Int] = []
            for (index, floorKey) in keys.enumerated() where known[floorKey] == nil {
                if let text = cache.text(forKey: key.text + "|" + floorKey), let floor = ReferenceText.floor(text) {
                    known[floorKey] = floor
                } else {
                    missing.append(index)
                }
            }
            if !missing.isEmpty {
                for (index, floor) in zip(missing, compute(missing)) {
                    guard let floor else { continue }
                    known[keys[index]] = floor
                    cache.store(ReferenceText.text(floor), forKey: key.text + "|" + keys[index])
                }
            }
            return keys.map { known[$0] }
        }
    }
}

/// The identity of a task configuration and observation: everything its reference depends on.
package struct ReferenceKey: Sendable, Equatable {
    /// Raised when the numbers a reference or floor yields change.
    static let version = 1

    let text: String
    /// 64 bits of the text: the seed of all reference and floor streams.
    let seed: UInt64

    /// `prefix`: canonical JSON of the task choice with its version.
    init(prefix: String, observation: [Double]) {
        let identity = prefix + "|" + observation.map { "\($0)" }.joined(separator: ",")
        seed = Self.hash(identity)
        text = "\(identity)|\(Self.version)|\(PairwiseKernels.current.numericsVariant)"
    }

    /// FNV-1a (64 bit; Fowler, Noll, Vo) of the UTF-8 bytes, then the finaliser of splitmix64 (Steele, Lea & Flood
    /// 2014) so that texts differing in the last byte get unrelated seeds.
    package static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}
