import Catalog

extension ComponentSelection {
    /// As an object: components, modes, effectiveSampleSize and evidence, one {components, bic, correction} per K;
    /// correction is null where infinite. Numbers keep every bit.
    public var json: JSONValue {
        .object([
            "components": .integer(components), "modes": .integer(modes),
            "effectiveSampleSize": .number(effectiveSampleSize),
            "evidence": .array(
                evidence.map {
                    .object([
                        "components": .integer($0.components), "bic": .number($0.bayesianCriterion),
                        "correction": .number($0.correction),
                    ])
                }),
        ])
    }

    /// Reads ``json`` back; nil when something is missing.
    public init?(json: JSONValue) {
        guard let components = json["components"]?.integerValue, let modes = json["modes"]?.integerValue,
            let size = json["effectiveSampleSize"]?.doubleValue, let rows = json["evidence"]?.arrayValue,
            (1...Self.largest).contains(components)
        else { return nil }
        var evidence: [ComponentEvidence] = []
        for row in rows {
            guard let components = row["components"]?.integerValue, let correction = row["correction"] else {
                return nil
            }
            // Where a criterion is not a number nothing can be read into it.
            evidence.append(
                ComponentEvidence(
                    components: components, bayesianCriterion: row["bic"]?.doubleValue ?? .nan,
                    correction: correction.doubleValue ?? .infinity))
        }
        self.init(components: components, modes: modes, effectiveSampleSize: size, evidence: evidence)
    }
}
