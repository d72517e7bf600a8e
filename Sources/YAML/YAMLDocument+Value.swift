package import JSON

extension YAMLDocument {
    /// What the document says, JSON or YAML.
    package func value() throws(YAMLSyntaxError) -> JSONValue {
        if format == .json, let value = try? JSONValue(parsing: bytes) { return value }
        if let value = PlainYAML.value(bytes) { return value }
        return try YAMLTree(self).value()
    }
}
