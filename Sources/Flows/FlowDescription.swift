import Catalog

/// The architecture in JSON, for a program in another language that has the parameters (`flowexp export`): which layers
/// follow each other, which coordinates they change, and under which names their numbers lie. Made from the layers
/// themselves, so that it cannot say anything else than what is computed. docs/export.md holds the formulas.
extension Flow {
    /// The layers from the base to the data; the density passes them in reverse.
    public var layerDescriptions: [JSONValue] { layers.map(describe) }

    /// The base distribution.
    public var baseDescription: JSONValue {
        switch base {
        case .standardNormal: return kind("gaussian")
        case .uniform:
            return kind(
                "uniform",
                ["halfWidth": .number(SmoothUniform.halfWidth), "temperature": .number(SmoothUniform.temperature)])
        case .studentT: return kind("student-t", ["logExcessFreedom": .string("base.logExcessFreedom")])
        case .gaussianMixture(let mixture):
            return kind("gmm", mixtureMembers(mixture.components, isFull: mixture.isFull))
        case .conditionalGaussianMixture(let mixture):
            var members = mixtureMembers(mixture.components, isFull: mixture.isFull)
            members["smallestLogScale"] = .number(Double(GaussianMixture.smallestLogScale))
            return kind("conditional-gmm", members.merging(describe(mixture.network)) { $1 })
        case .resampled(let resampled):
            let members: [String: JSONValue] = [
                "truncation": .integer(resampled.truncation), "normalizer": .string("base.normalizer"),
            ]
            return kind("resampled", members.merging(describe(resampled.network)) { $1 })
        }
    }

    /// The standardisation of x; nil for an unconditional flow.
    public var contextDescription: JSONValue? { contextStandardization.map(describe) }

    private func mixtureMembers(_ components: Int, isFull: Bool) -> [String: JSONValue] {
        [
            "components": .integer(components), "full": .bool(isFull),
            "weightFloor": .number(GaussianMixture.weightFloor(components: components)),
        ]
    }

    private func kind(_ name: String, _ members: [String: JSONValue] = [:]) -> JSONValue {
        .object(members.merging(["kind": .string(name)]) { $1 })
    }

    private func describe(_ layer: FlowLayer) -> JSONValue {
        switch layer {
        case .affineCoupling(let coupling):
            return kind(
                "affineCoupling",
                describe(coupling.split, coupling.conditioner).merging(
                    ["logScaleLimit": .number(Double(coupling.limit))]) { $1 })
        case .splineCoupling(let coupling):
            return kind(
                "splineCoupling",
                describe(coupling.split, coupling.conditioner).merging([
                    "bins": .integer(coupling.bins), "tailBound": .number(Double(coupling.bound)),
                ]) { $1 })
        case .elementwiseAffine(let affine): return describe(affine)
        case .rotation(let rotation): return kind("rotation", ["matrix": .string(name(at: rotation.matrixOffset))])
        case .triangularLinear(let linear):
            return kind("triangularLinear", ["name": .string(prefix(at: linear.lowerOffset))])
        case .contextShift(let shift): return kind("contextShift", ["weight": .string(name(at: shift.weightOffset))])
        case .box(let box):
            return kind(
                "box",
                ["map": .string(box.isProbit ? "probit" : "logit"), "name": .string(prefix(at: box.lowerOffset))])
        }
    }

    private func describe(_ affine: ElementwiseAffine) -> JSONValue {
        kind("elementwiseAffine", ["name": .string(prefix(at: affine.shiftOffset))])
    }

    private func describe(_ split: CouplingSplit, _ conditioner: CouplingConditioner) -> [String: JSONValue] {
        func indices(_ start: Int, _ count: Int) -> JSONValue {
            .array((start..<(start + count)).map(JSONValue.integer))
        }
        return describe(conditioner.network).merging([
            "identity": indices(split.identityStart, split.identityCount),
            "transformed": indices(split.transformedStart, split.transformedCount),
        ]) { $1 }
    }

    private func describe(_ network: MultilayerPerceptron) -> [String: JSONValue] {
        // `….conditioner.0.weight`: two parts less.
        let first = name(at: network.layers[0].weightOffset)
        let name = first.split(separator: ".").dropLast(2).joined(separator: ".")
        return ["network": .string(name), "networkLayers": .integer(network.layerCount)]
    }

    /// The tensor that begins at an offset; a tensor without elements shares the next one's offset and comes first.
    private func name(at offset: Int) -> String { layout.tensors.first { $0.offset == offset }?.name ?? "" }

    private func prefix(at offset: Int) -> String {
        name(at: offset).split(separator: ".").dropLast().joined(separator: ".")
    }
}
