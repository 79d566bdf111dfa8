import Catalog
import Flows

extension TrainedPosterior {
    /// What a program in another language needs beside `parameters.safetensors` to evaluate q (docs/export.md): sizes,
    /// the layers from the base to the data with the names of their tensors, the base, and the configuration.
    public func exportDescription() throws -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "schema": .string("flowexp.export/1"), "run": .string(configuration.id),
            "dimension": .integer(dimension), "contextDimension": .integer(observationDimension),
            "observation": .array(observation.map(JSONValue.number)),
            "layers": .array(density.flow.layerDescriptions), "base": density.flow.baseDescription,
            "conventions": .object([
                "layers": .string("in the order base to data; log q passes them in reverse"),
                "arrays": .string("row-major; a weight is outputs × inputs; networks have ReLU between layers"),
                "precision": .string("θ and x are rounded to single precision first; log q is in nats"),
                "formulas": .string("docs/export.md; in NumPy: docs/logprob_numpy.py"),
            ]),
        ]
        members["context"] = density.flow.contextDescription
        if let acceptance = density.acceptance {
            members["box"] = .object([
                "lower": .array(density.flow.bounds.map { .number($0.lowerBound) }),
                "upper": .array(density.flow.bounds.map { .number($0.upperBound) }),
                "acceptance": .number(acceptance.value), "leastAcceptance": .number(BoxAcceptance.least),
            ])
        }
        members["configuration"] = try JSONValue(parsing: configuration.canonicalJSON)
        return members
    }
}
