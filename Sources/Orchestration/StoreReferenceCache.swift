import Metrics
import RunStorage
import Synchronization

/// The reference cache over a store, with what this process has seen kept in memory.
///
/// The store only saves time here: its errors are swallowed, since a cache may drop anything and a lost entry is
/// computed again.
public final class StoreReferenceCache: ReferenceCache {
    private let store: RunStore?
    private let memory = Mutex<[String: String]>([:])

    /// `store`: nil keeps entries in memory only.
    public init(store: RunStore?) {
        self.store = store
    }

    /// The text under `key`, from memory or the store.
    public func text(forKey key: String) -> String? {
        if let text = memory.withLock({ $0[key] }) { return text }
        guard let text = try? store?.cachedText(forKey: key) else { return nil }
        memory.withLock { $0[key] = text }
        return text
    }

    /// Keeps `text` in memory and, where it can be written, in the store.
    public func store(_ text: String, forKey key: String) {
        memory.withLock { $0[key] = text }
        try? store?.cacheText(text, forKey: key)
    }
}
