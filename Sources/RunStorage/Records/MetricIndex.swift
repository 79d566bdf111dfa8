import Foundation
import GRDB

/// The hashes of a run's metrics, one for each name: who reads the values of a few metrics verifies those, and what it
/// reads, hashes and compares does not grow with the others.
///
/// The index has a hash of its own, over the metrics' hash and itself. The metrics' hash is covered by the record's, so an
/// index that verifies says what the values of each name must be, and that there are none of the names it does not have.
/// A run whose index is missing or damaged is read whole.
enum MetricIndex {
    /// An index as it is stored: the number of names, then each name with ``RecordHash/metrics(_:)`` of its metrics.
    ///
    /// `metrics` come in the order in which they are stored, so that those of one name are one after the other.
    static func bytes(of metrics: [MetricRecord]) -> [UInt8] {
        let starts = metrics.indices.filter { $0 == 0 || metrics[$0].name != metrics[$0 - 1].name }
        var encoder = ByteEncoder(capacity: 64 * (starts.count + 1))
        encoder.integer(starts.count)
        for (start, end) in zip(starts, starts.dropFirst() + [metrics.count]) {
            encoder.text(metrics[start].name)
            encoder.raw(RecordHash.metrics(Array(metrics[start..<end])))
        }
        return encoder.bytes
    }

    /// What is stored beside the index; `metricsHash` is that of all the run's metrics.
    static func hash(_ bytes: [UInt8], metricsHash: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0, metricsHash: metricsHash) }
    }

    static func hash(_ bytes: UnsafeRawBufferPointer, metricsHash: [UInt8]) -> [UInt8] {
        Hashing.sha256(head + metricsHash, bytes)
    }

    private static let head = {
        var encoder = ByteEncoder(capacity: 64)
        encoder.text("flowexp.metric-index/1")
        return encoder.bytes
    }()

    /// Calls `body` with each name and hash of stored bytes; false when they are cut short.
    static func forEachGroup(
        in bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, MetricHash) -> Void
    ) -> Bool {
        var place = 0
        func integer() -> Int? {
            guard bytes.count - place >= 8 else { return nil }
            defer { place += 8 }
            return Int(exactly: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
        }
        guard let count = integer() else { return false }
        for _ in 0..<count {
            guard let length = integer(), bytes.count - place >= MetricHash.size,
                length <= bytes.count - place - MetricHash.size
            else { return false }
            let name = UnsafeRawBufferPointer(rebasing: bytes[place..<place + length])
            place += length
            body(name, MetricHash(UnsafeRawBufferPointer(rebasing: bytes[place..<place + MetricHash.size])))
            place += MetricHash.size
        }
        return place == bytes.count
    }

    // MARK: - In the database

    /// Puts the index of a run's metrics in the place of the one it had. A run without metrics has none.
    static func replace(
        in database: Database, run key: Int64, metrics: [MetricRecord], metricsHash: [UInt8]
    ) throws {
        try database.run("DELETE FROM metric_indexes WHERE run_key = ?", [key])
        if metrics.isEmpty { return }
        let bytes = bytes(of: metrics)
        try database.run(
            "INSERT INTO metric_indexes (run_key, hashes, sha256) VALUES (?, ?, ?)",
            [key, Data(bytes), Data(hash(bytes, metricsHash: metricsHash))])
    }

    /// Whether a published run has the index that its metrics, which were verified, must have.
    static func isRight(
        in database: Database, run key: Int64, metrics: [MetricRecord], metricsHash: [UInt8]
    ) throws -> Bool {
        let stored = try database.first("SELECT hashes, sha256 FROM metric_indexes WHERE run_key = ?", [key]) {
            (bytes: try $0.bytes(0), hash: try $0.bytes(1))
        }
        guard let stored else { return metrics.isEmpty }
        let bytes = bytes(of: metrics)
        return stored.bytes == bytes && stored.hash == hash(bytes, metricsHash: metricsHash)
    }

    /// Makes the index of every published run that has none, from metrics that verify; part of the migration to version 2.
    static func insertMissing(_ database: Database) throws {
        var keys: [(key: Int64, metricsHash: [UInt8])] = []
        try database.forEachRawRow(
            "SELECT run_key, metrics_sha256 FROM run_records WHERE run_key NOT IN (SELECT run_key FROM metric_indexes)"
        ) { row in
            // Damage is for whoever reads the record, not for the migration.
            guard let key = try? row.integer(0), let hash = try? row.optionalBytes(1) else { return }
            keys.append((Int64(key), hash))
        }
        for (key, metricsHash) in keys {
            var rows = MetricRows()
            try database.forEachRawRow(
                """
                SELECT \(MetricRows.columns) FROM metric_values WHERE run_key = ? ORDER BY name, parameters, version
                """, [key]
            ) { rows.add($0) }
            let metrics = rows.take()
            // A damaged record stays as it is, and is read whole, which says so.
            guard !metrics.isDamaged, metrics.hash == metricsHash else { continue }
            try replace(in: database, run: key, metrics: metrics.records, metricsHash: metricsHash)
        }
    }
}

/// A SHA-256 without an array: a large store has millions of them.
struct MetricHash: Equatable {
    static let size = 32

    private var words: SIMD4<UInt64>

    /// Of ``size`` bytes.
    init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == Self.size)
        words = SIMD4(
            bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    init(_ bytes: [UInt8]) { self = bytes.withUnsafeBytes { MetricHash($0) } }
}
