extension FieldRemark {
    /// Says in the terms of a manifest's author what a decoder or a check threw.
    ///
    /// - Parameter path: where the object begins; a decoder's own errors know where they are, a check's begin there.
    init(_ error: any Error, at path: FieldPath) {
        switch error {
        case let remark as FieldRemark: self.init(path: path + remark.path, text: remark.text)
        case DecodingError.typeMismatch(let type, let context):
            self.init(
                path: FieldPath(context.codingPath), text: "\(Self.mismatch(context)) is not \(Self.name(of: type))")
        case DecodingError.valueNotFound(let type, let context):
            self.init(path: FieldPath(context.codingPath), text: "null is not \(Self.name(of: type))")
        case DecodingError.keyNotFound(let key, let context):
            self.init(path: FieldPath(context.codingPath + [key]), text: "is missing")
        case DecodingError.dataCorrupted(let context):
            self.init(path: FieldPath(context.codingPath), text: context.debugDescription)
        default:
            self.init(path: path, text: "\(error)")
        }
    }

    /// What the decoder met instead.
    ///
    /// It says so only at the end of its sentence: `… but found a string instead.`
    private static func mismatch(_ context: DecodingError.Context) -> String {
        let words = context.debugDescription.split(separator: " ")
        guard let found = words.lastIndex(of: "found"), found + 1 < words.endIndex else { return "this value" }
        let what = words[(found + 1)...].prefix { $0 != "instead." && $0 != "value" }
        return what.count == 1 ? "a \(what.joined())" : what.joined(separator: " ")
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is [String: Any].Type, is [String: String].Type: "a mapping"
        case is [Any].Type, is [String].Type: "a list"
        default: "a \(type)"
        }
    }
}

extension FieldPath {
    init(_ codingPath: [any CodingKey]) {
        self.init(codingPath.map { key in key.intValue.map(Step.index) ?? .key(key.stringValue) })
    }
}
