import JSON

/// Fields of which only those of the right type count.
extension JSONObject {
    func text(_ key: String) -> String? {
        if case .string(let text)? = self[exactly: key] { text } else { nil }
    }

    func number(_ key: String) -> Int? {
        if case .number(let digits)? = self[exactly: key] { Int(digits) } else { nil }
    }

    func mapping(_ key: String) -> JSONObject? {
        if case .object(let object)? = self[exactly: key] { object } else { nil }
    }

    func mappings(_ key: String) -> [JSONObject]? {
        guard case .array(let values)? = self[exactly: key] else { return nil }
        return values.compactMap { if case .object(let object) = $0 { object } else { nil } }
    }
}
