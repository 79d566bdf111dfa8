import Catalog

/// The JSON Schema (draft 2020-12) of a spec, for editors that complete and check it while one types.
///
/// It is made from the same tables as the reader. It says what one file can say; what only the whole of a spec decides
/// (does a value apply to the chosen base, are zipped lists equally long, is the sweep too large) stays with
/// `flowexp validate`, so every spec that the reader accepts is valid, and some that it refuses are, too.
public enum SpecSchema {
    /// The schema as a JSON value.
    public static func json(vocabulary: SpecVocabulary = .standard) -> JSONValue {
        var properties: [String: JSONValue] = [
            "$schema": .object(["type": .string("string"), "description": .string("Read by editors only.")]),
            "name": .object([
                "type": .string("string"), "pattern": .string("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"),
                "description": .string("Name of the sweep."),
            ]),
            "description": .object([
                "type": .string("string"), "description": .string("What the experiment asks."),
            ]),
            "evaluation": object(members(vocabulary.evaluation), "What is measured on each run."),
            "sweep": sweep(vocabulary),
            "zip": array(
                of: object(axes(vocabulary), "Axes that advance together; equally long lists.", minimum: 1),
                "Groups of axes that advance together."),
            "include": cells(vocabulary, "Cells to add to the grid."),
            "exclude": cells(vocabulary, "Cells to drop from the grid."),
        ]
        for section in SpecSection.allCases {
            properties[section.rawValue] = reference(section, named: false)
        }
        var schema = object(properties, "An experiment of flowexp.").objectValue ?? [:]
        schema["$schema"] = .string("https://json-schema.org/draft/2020-12/schema")
        schema["title"] = .string("flowexp experiment")
        schema["required"] = .array([.string("name")])
        schema["$defs"] = .object(definitions(vocabulary))
        return .object(schema)
    }

    // MARK: Sections

    /// `task`, `base`, … where the section stands alone, and `namedTask`, `namedBase` where it must say its name.
    private static func definitions(_ vocabulary: SpecVocabulary) -> [String: JSONValue] {
        var definitions: [String: JSONValue] = [:]
        for section in SpecSection.allCases {
            let variants = vocabulary.variants(of: section)
            guard section.isComponent else {
                definitions[section.rawValue] = object(members(variants.flatMap(\.parameters)), nil)
                continue
            }
            let names = JSONValue.object(["enum": .array(variants.map { .string($0.name) })])
            let named = variants.map { variant in
                var properties = members(variant.parameters)
                properties["name"] = .object([
                    "const": .string(variant.name), "description": .string(variant.summary),
                ])
                var schema = object(properties, nil).objectValue ?? [:]
                schema["required"] = .array([.string("name")])
                return JSONValue.object(schema)
            }
            // Beside an axis of names the fixed part may leave the name out.
            let nameless = object(members(variants.flatMap(\.parameters)), nil)
            definitions[section.definition(named: true)] = .object(["anyOf": .array([names] + named)])
            definitions[section.definition(named: false)] = .object(["anyOf": .array([names] + named + [nameless])])
        }
        // Each is used four times: in axes, zipped axes, included and excluded cells.
        for (path, schema) in values(vocabulary) { definitions[path] = schema }
        return definitions
    }

    private static func reference(_ section: SpecSection, named: Bool) -> JSONValue {
        .object(["$ref": .string("#/$defs/" + section.definition(named: named))])
    }

    // MARK: Axes and cells

    private static func sweep(_ vocabulary: SpecVocabulary) -> JSONValue {
        var properties = axes(vocabulary)
        let seed = JSONValue.object(["type": .string("integer"), "minimum": .integer(0)])
        properties["seeds"] = .object([
            "description": .string("A count n (seeds 0 to n − 1), or a list of seeds."),
            "anyOf": .array([
                .object([
                    "type": .string("integer"), "minimum": .integer(1), "maximum": .integer(SpecReader.maximumSeeds),
                ]),
                .object([
                    "type": .string("array"), "items": seed, "minItems": .integer(1),
                    "maxItems": .integer(SpecReader.maximumSeeds), "uniqueItems": .bool(true),
                ]),
            ]),
        ])
        return object(properties, "Axes: a path and the list of its values, and seeds.")
    }

    /// For every path the list of its values.
    private static func axes(_ vocabulary: SpecVocabulary) -> [String: JSONValue] {
        paths(vocabulary).mapValues { value in
            .object(["type": .string("array"), "items": value, "minItems": .integer(1)])
        }
    }

    private static func cells(_ vocabulary: SpecVocabulary, _ summary: String) -> JSONValue {
        array(of: object(paths(vocabulary), nil, minimum: 1), summary)
    }

    /// Every path with a reference to the schema of one value.
    private static func paths(_ vocabulary: SpecVocabulary) -> [String: JSONValue] {
        var paths: [String: JSONValue] = [:]
        for section in SpecSection.allCases { paths[section.rawValue] = reference(section, named: true) }
        for path in values(vocabulary).keys { paths[path] = .object(["$ref": .string("#/$defs/" + path)]) }
        return paths
    }

    /// The schema of one value of every parameter's path.
    private static func values(_ vocabulary: SpecVocabulary) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for section in SpecSection.allCases {
            let variants = vocabulary.variants(of: section)
            if section.isComponent {
                values[section.rawValue + ".name"] = .object(["enum": .array(variants.map { .string($0.name) })])
            }
            for (name, schema) in members(variants.flatMap(\.parameters)) {
                values[section.rawValue + "." + name] = schema
            }
        }
        return values
    }

    // MARK: Parameters

    /// One property per name; a name that variants describe differently takes what any of them takes.
    private static func members(_ parameters: [ParameterDescription]) -> [String: JSONValue] {
        var schemas: [String: [JSONValue]] = [:]
        for parameter in parameters {
            let schema = schema(parameter)
            if schemas[parameter.name, default: []].contains(schema) { continue }
            schemas[parameter.name, default: []].append(schema)
        }
        return schemas.mapValues { $0.count == 1 ? $0[0] : .object(["anyOf": .array($0)]) }
    }

    private static func schema(_ parameter: ParameterDescription) -> JSONValue {
        var schema = kind(parameter.kind)
        schema["description"] = .string(parameter.summary)
        schema["default"] = parameter.defaultValue
        return .object(schema)
    }

    private static func kind(_ kind: ParameterDescription.Kind) -> [String: JSONValue] {
        switch kind {
        case .boolean: return ["type": .string("boolean")]
        case .integer(let range):
            return [
                "type": .string("integer"), "minimum": .integer(range.lowerBound),
                "maximum": .integer(range.upperBound),
            ]
        case .number(let range, let exclusiveMinimum):
            return [
                "type": .string("number"), "maximum": .number(range.upperBound),
                exclusiveMinimum ? "exclusiveMinimum" : "minimum": .number(range.lowerBound),
            ]
        case .choice(let names): return ["enum": .array(names.map { .string($0) })]
        case .list(let element, let count):
            return [
                "type": .string("array"), "items": .object(Self.kind(element)),
                "minItems": .integer(count.lowerBound), "maxItems": .integer(count.upperBound),
            ]
        case .anyOf(let kinds): return ["anyOf": .array(kinds.map { .object(Self.kind($0)) })]
        }
    }

    // MARK: Shapes

    /// An object with these members and no others.
    private static func object(_ properties: [String: JSONValue], _ summary: String?, minimum: Int? = nil) -> JSONValue
    {
        var schema: [String: JSONValue] = [
            "type": .string("object"), "properties": .object(properties), "additionalProperties": .bool(false),
        ]
        schema["description"] = summary.map { .string($0) }
        schema["minProperties"] = minimum.map { .integer($0) }
        return .object(schema)
    }

    private static func array(of items: JSONValue, _ summary: String) -> JSONValue {
        .object(["type": .string("array"), "items": items, "description": .string(summary)])
    }
}

extension SpecSection {
    fileprivate func definition(named: Bool) -> String {
        guard named, isComponent else { return rawValue }
        return "named" + rawValue.prefix(1).uppercased() + rawValue.dropFirst()
    }
}
