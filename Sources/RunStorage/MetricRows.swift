import Foundation
import GRDB

/// Which metrics of the runs a caller wants to have. These are verified, the others not read.
public enum MetricChoice: Sendable, Equatable {
    case all
    case none
    case named(Set<String>)
}

/// Gathers the metrics of one run after another from their rows: hashes every column as it is stored and makes records of
/// those that are wanted.
///
/// Runs of a sweep have the same metrics in the same order, so most texts equal those in the same place of the run
/// before; these are shared and not made again.
struct MetricRows {
    /// The metrics of a run, as they are stored.
    struct Metrics {
        var records: [MetricRecord]
        /// What ``RecordHash/metrics(_:)`` of all rows is.
        var hash: [UInt8]
        /// A column has a value that flowexp never writes.
        var isDamaged = false

        /// Of a run without rows.
        static let emptyHash = RecordHash.metrics([])
    }

    private let kept: Set<String>?
    private var encoder = ByteEncoder(capacity: 16384)
    private var count = 0
    private var isDamaged = false
    private var records: [MetricRecord] = []
    private var expectedRecords = 0
    private var names = RepeatedTexts()
    private var isWanted: [Bool] = []
    private var parameters = RepeatedTexts()
    private var directions = RepeatedTexts()
    private var details = RepeatedTexts()
    private var sizes = RepeatedTexts()
    private var sizeLists: [[Int]] = []

    /// Records are made of the metrics with these names, of all without.
    init(keeping names: Set<String>? = nil) { kept = names }

    /// The columns that ``add(_:)`` reads, in its order.
    static let columns = """
        metric_values.run_key, name, parameters, version, value, reason, standard_error, sample_sizes, direction, floor_mean,
        floor_sd, floor_repetitions, details
        """

    /// Adds a row of the current run; rows come in the order of name, parameters and version.
    mutating func add(_ row: RawColumns) {
        defer { count += 1 }
        do {
            try encode(row)
            if isWanted[count] { records.append(try record(row)) }
        } catch {
            isDamaged = true
        }
    }

    /// Ends the current run.
    mutating func take() -> Metrics {
        defer {
            expectedRecords = records.count
            records = []
            records.reserveCapacity(expectedRecords)
            encoder.removeAll()
            count = 0
            isDamaged = false
        }
        return Metrics(
            records: records, hash: RecordHash.metrics(count: count, encoded: encoder.bytes), isDamaged: isDamaged)
    }

    /// Byte for byte what ``RecordHash/encode(_:into:)-(MetricRecord,_)`` makes of the record.
    private mutating func encode(_ row: RawColumns) throws(DamagedValue) {
        let name = try row.utf8(1)
        if !names.holds(name, at: count) {
            let text = names.text(name, at: count)
            while isWanted.count <= count { isWanted.append(false) }
            isWanted[count] = kept?.contains(text) ?? true
        }
        encoder.text(utf8: name)
        encoder.text(utf8: try row.utf8(2))
        encoder.integer(try row.integer(3))
        encoder.optionalDouble(try row.optionalDouble(4))
        encoder.optionalText(utf8: try row.optionalUTF8(5))
        encoder.optionalDouble(try row.optionalDouble(6))
        let sizes = try sizeList(row)
        encoder.integer(sizes.count)
        for size in sizes { encoder.integer(size) }
        encoder.text(utf8: try row.utf8(8))
        if let mean = try row.optionalDouble(9) {
            encoder.flag(true)
            encoder.double(mean)
            encoder.double(try row.optionalDouble(10) ?? .nan)
            encoder.integer(try row.integer(11))
        } else {
            encoder.flag(false)
        }
        encoder.text(utf8: try row.utf8(12))
    }

    private mutating func sizeList(_ row: RawColumns) throws(DamagedValue) -> [Int] {
        let bytes = try row.utf8(7)
        if sizes.holds(bytes, at: count) { return sizeLists[count] }
        guard let list = IntegerList.values(sizes.text(bytes, at: count)) else {
            sizes.forget(at: count)
            throw DamagedValue(column: 7)
        }
        while sizeLists.count <= count { sizeLists.append([]) }
        sizeLists[count] = list
        return list
    }

    private mutating func record(_ row: RawColumns) throws(DamagedValue) -> MetricRecord {
        var floor: MetricFloorRecord?
        if let mean = try row.optionalDouble(9) {
            floor = MetricFloorRecord(
                mean: mean, standardDeviation: try row.optionalDouble(10) ?? .nan, repetitions: try row.integer(11))
        }
        return MetricRecord(
            name: names.text(try row.utf8(1), at: count), parametersJSON: parameters.text(try row.utf8(2), at: count),
            version: try row.integer(3), value: try row.optionalDouble(4), reason: try row.optionalText(5),
            standardError: try row.optionalDouble(6), sampleSizes: try sizeList(row),
            direction: directions.text(try row.utf8(8), at: count), floor: floor,
            detailsJSON: details.text(try row.utf8(12), at: count))
    }
}

/// The last text in each place.
private struct RepeatedTexts {
    private var texts: [String?] = []

    /// Whether the last text there has these bytes.
    func holds(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Bool {
        guard place < texts.count, let text = texts[place] else { return false }
        return text.utf8.withContiguousStorageIfAvailable { known in
            guard known.count == bytes.count else { return false }
            guard let left = known.baseAddress, let right = bytes.baseAddress else { return known.isEmpty }
            return memcmp(left, right, known.count) == 0
        } ?? text.utf8.elementsEqual(bytes)
    }

    /// The bytes as a text; the same one as long as they are the same.
    mutating func text(_ bytes: UnsafeRawBufferPointer, at place: Int) -> String {
        if holds(bytes, at: place), let text = texts[place] { return text }
        while texts.count <= place { texts.append(nil) }
        let text = String(decoding: bytes, as: UTF8.self)
        texts[place] = text
        return text
    }

    mutating func forget(at place: Int) { texts[place] = nil }
}
