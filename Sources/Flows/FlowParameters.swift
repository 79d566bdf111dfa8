import Catalog

/// The parameters of the `flow` section of a spec.
public enum FlowParameters {
    /// The bijections by the `coupling` that chooses them, each with the parameters of this section that are its own.
    /// Their versions are part of the run id.
    public static let couplings: [ComponentDescription] = kinds.map {
        $0.taking(["affine": ["logScaleLimit"], "spline": ["bins", "tailBound"]][$0.name] ?? [], of: parameters)
    }

    private static let kinds: [ComponentDescription] = [
        ComponentDescription(
            name: "affine", version: 1,
            summary: "Affine coupling (RealNVP): half of the coordinates scale and shift the other half.",
            definition: "x_b = z_b · exp(s(z_a)) + t(z_a), s = s_max tanh(raw/s_max)",
            source: "Dinh, Sohl-Dickstein and Bengio 2017, equations 7–8"),
        ComponentDescription(
            name: "spline", version: 1,
            summary: "Rational-quadratic spline coupling: a monotone spline per coordinate, given the other half.",
            definition: "z_b = g(x_b), g monotone rational-quadratic with K bins on [−B, B], identity outside",
            source: "Durkan, Bekasov, Murray and Papamakarios 2019, section 3.1"),
    ]

    /// All parameters of the section.
    public static let parameters: [ParameterDescription] = [
        ParameterDescription(
            "coupling", .choice(kinds.map(\.name)), default: .string("affine"), "The kind of coupling layer."),
        ParameterDescription(
            "couplingLayers", .integer(0...128), default: .integer(8),
            "Number of coupling layers, the flow's depth; 0 leaves only the standardisation."),
        ParameterDescription(
            "hiddenSizes", .list(.integer(1...2048), count: 0...8), default: .array([.integer(64), .integer(64)]),
            "Width of each hidden layer of a conditioner network (ReLU)."),
        ParameterDescription(
            "logScaleLimit", .number(0.001...10, exclusiveMinimum: false), default: .number(2),
            "s_max: the largest |log scale| of one affine coupling."),
        ParameterDescription(
            "bins", .integer(2...64), default: .integer(8), absent: .integer(8),
            "K: the number of bins of a spline coupling's splines."),
        ParameterDescription(
            "tailBound", .number(0.1...100, exclusiveMinimum: false), default: .number(5), absent: .number(5),
            "B: spline couplings bend [−B, B] (base space is standardised) and are the identity outside."),
        ParameterDescription(
            "actNorm", .boolean, default: .bool(true),
            "An elementwise affine layer after each coupling (base → data), set so that the draws are standardised at its place."
        ),
        ParameterDescription(
            "mixing", .choice(["rotation", "permutation", "lu", "none"]), default: .string("rotation"),
            "Between couplings: a fixed random rotation or permutation of the coordinates, or `lu`, a trained linear map in "
                + "P L U form that starts as that rotation (Kingma and Dhariwal 2018)."),
        ParameterDescription(
            "box", .choice(["none", "logit", "probit", "reject"]), default: .string("none"), absent: .string("none"),
            "Keeps θ inside the prior's box: `logit` and `probit` by a last elementwise map (logistic or standard normal "
                + "distribution function); `reject` restricts the trained q to the box, draws by rejection and the "
                + "density renormalised; `none` reports the mass outside as leakage."),
        ParameterDescription(
            "contextShift", .boolean, default: .bool(true), absent: .bool(true),
            "With objective `amortised`: a trained shift of θ that is linear in x and starts as the linear regression of θ "
                + "on x."),
    ]
}
