import Catalog

extension SpecVocabulary {
    /// A stored configuration with the parameters that its canonical form leaves out put back at their absent value, so
    /// that a reader sees (and can ask for) every setting. Sections that are not understood stay as they are.
    public func withAbsentValues(_ configuration: JSONValue) -> JSONValue {
        guard var sections = configuration.objectValue else { return configuration }
        for section in SpecSection.allCases {
            guard var members = sections[section.rawValue]?.objectValue,
                let description = variant(members["name"]?.stringValue, of: section)
            else { continue }
            for parameter in description.parameters where members[parameter.name] == nil {
                members[parameter.name] = parameter.absentValue
            }
            sections[section.rawValue] = .object(members)
        }
        return .object(sections)
    }
}
