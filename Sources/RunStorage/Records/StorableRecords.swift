/// Records as they will read back: sorted, one per key, without what SQLite cannot keep. Hashes are taken of these.
extension Array where Element == MetricRecord {
    /// Sorted by name, parameters and version as bytes; of equal keys the last stays. A NaN value becomes nil with a reason.
    var storable: [MetricRecord] {
        var result: [MetricRecord] = []
        let ordered = enumerated().sorted { first, second in
            let order = Self.compare(first.element, second.element)
            return order == 0 ? first.offset < second.offset : order < 0
        }
        for (_, metric) in ordered {
            if let last = result.last, Self.compare(last, metric) == 0 { result.removeLast() }
            result.append(metric.storable)
        }
        return result
    }

    private static func compare(_ first: MetricRecord, _ second: MetricRecord) -> Int {
        for (left, right) in [(first.name, second.name), (first.parametersJSON, second.parametersJSON)] {
            if left.utf8.elementsEqual(right.utf8) { continue }
            return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        }
        return first.version == second.version ? 0 : first.version < second.version ? -1 : 1
    }
}

extension MetricRecord {
    fileprivate var storable: MetricRecord {
        var record = self
        record.name = name.storable
        record.parametersJSON = parametersJSON.storable
        record.value = value?.storable
        record.reason = reason?.storable
        if record.value == nil && record.reason == nil {
            record.reason = value == nil ? "no value and no reason were given" : "the value is not a number"
        }
        record.standardError = standardError?.storable
        record.direction = direction.storable
        if let floor {
            // A floor without a mean says nothing; SQLite would read it back as no floor.
            record.floor = floor.mean.isNaN || floor.standardDeviation.isNaN ? nil : floor
        }
        record.detailsJSON = detailsJSON.storable
        return record
    }
}

extension Array where Element == HistoryRecord {
    /// Sorted by step; of equal steps the last stays.
    var storable: [HistoryRecord] {
        var result: [HistoryRecord] = []
        for (_, row) in enumerated().sorted(by: { ($0.element.step, $0.offset) < ($1.element.step, $1.offset) }) {
            if result.last?.step == row.step { result.removeLast() }
            var row = row
            if row.validationLoss?.isNaN == true { row.validationLoss = nil }
            result.append(row)
        }
        return result
    }
}

extension Array where Element == ArtefactTensor {
    /// Sorted by name as bytes.
    var storable: [ArtefactTensor] {
        map {
            ArtefactTensor(
                name: $0.name.storable, dtype: $0.dtype.storable, shape: $0.shape, sha256: $0.sha256.storable)
        }
        .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

/// Lists of integers as JSON text.
enum IntegerList {
    static func text(_ values: [Int]) -> String { "[" + values.map(String.init).joined(separator: ",") + "]" }

    /// nil when the text is not one of ours.
    static func values(_ text: String) -> [Int]? {
        guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count >= 2 else { return nil }
        var values: [Int] = []
        for part in text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: true) {
            guard let value = Int(part) else { return nil }
            values.append(value)
        }
        return values
    }
}
