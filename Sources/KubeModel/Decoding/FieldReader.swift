package import JSON

/// Reads the kinds of field that Kubernetes objects are made of; an absent field and a null one are the same.
///
/// Nothing but a value's type is looked at. A wrong type makes the object unusable, except in fields of which nothing is
/// made (read with `try?`). Keys are those of the API, to the letter; of two alike the last counts. Errors' paths begin at
/// the mapping that is read.
package struct FieldReader {
    private let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    /// - Throws: where the value is no mapping.
    package init(_ value: JSONValue) throws(FieldRemark) {
        guard case .object(let object) = value else { throw Self.mismatch(value, "a mapping", at: []) }
        self.init(object)
    }

    /// The field's value; nil where there is none.
    func value(_ key: String) -> JSONValue? {
        guard let value = object[exactly: key], !value.isNull else { return nil }
        return value
    }

    func text(_ key: String) throws(FieldRemark) -> String? {
        guard let value = value(key) else { return nil }
        return try Self.text(value, at: [.key(key)])
    }

    func texts(_ key: String) throws(FieldRemark) -> [String]? {
        guard let values = try values(key) else { return nil }
        var texts: [String] = []
        texts.reserveCapacity(values.count)
        for index in values.indices { texts.append(try Self.text(values[index], at: [.key(key), .index(index)])) }
        return texts
    }

    /// A mapping of texts.
    func textMapping(_ key: String) throws(FieldRemark) -> [String: String]? {
        guard let fields = try mapping(key) else { return nil }
        var texts: [String: String] = [:]
        for member in fields.object.members {
            texts[member.key] = try Self.text(member.value, at: [.key(key), .key(member.key)])
        }
        return texts
    }

    func flag(_ key: String) throws(FieldRemark) -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .bool(let flag) = value else { throw Self.mismatch(value, "true or false", at: [.key(key)]) }
        return flag
    }

    func number(_ key: String) throws(FieldRemark) -> Int? {
        guard let value = value(key) else { return nil }
        guard case .number(let digits) = value else { throw Self.mismatch(value, "a whole number", at: [.key(key)]) }
        if let number = Int(digits) { return number }
        // 8.0e1 is one; what has a fraction is none.
        guard let number = Double(digits) else { return .outOfRange }
        if number.rounded() == number { return Int(exactly: number) ?? .outOfRange }
        throw FieldRemark(path: [.key(key)], text: "\(digits) is not a whole number")
    }

    /// The fields of a mapping; nil where there is none.
    func mapping(_ key: String) throws(FieldRemark) -> FieldReader? {
        guard let value = value(key) else { return nil }
        guard case .object(let object) = value else { throw Self.mismatch(value, "a mapping", at: [.key(key)]) }
        return FieldReader(object)
    }

    /// Reads within a mapping; nil where there is none.
    func mapping<Result>(
        _ key: String, _ body: (FieldReader) throws(FieldRemark) -> Result?
    ) throws(FieldRemark) -> Result? {
        guard let fields = try mapping(key) else { return nil }
        do throws(FieldRemark) { return try body(fields) } catch { throw error.within([.key(key)]) }
    }

    /// The entries of a list of mappings, in order; nil where there is no list.
    func list<Element>(
        _ key: String, _ element: (FieldReader) throws(FieldRemark) -> Element
    ) throws(FieldRemark) -> [Element]? {
        guard let values = try values(key) else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(values.count)
        for index in values.indices {
            do throws(FieldRemark) {
                elements.append(try element(FieldReader(values[index])))
            } catch {
                throw error.within([.key(key), .index(index)])
            }
        }
        return elements
    }

    /// The entries of a list; nil where there is none.
    func values(_ key: String) throws(FieldRemark) -> [JSONValue]? {
        guard let value = value(key) else { return nil }
        guard case .array(let values) = value else { throw Self.mismatch(value, "a list", at: [.key(key)]) }
        return values
    }

    private static func text(
        _ value: JSONValue, at path: @autoclosure () -> FieldPath
    ) throws(FieldRemark) -> String {
        guard case .string(let text) = value else { throw mismatch(value, "a text", at: path()) }
        return text
    }

    private static func mismatch(_ value: JSONValue, _ wanted: String, at path: FieldPath) -> FieldRemark {
        FieldRemark(path: path, text: "\(value.kind) is not \(wanted)")
    }
}

extension FieldRemark {
    /// The same remark, seen from where the mapping lies that its path begins at.
    func within(_ path: FieldPath) -> FieldRemark { FieldRemark(path: path + self.path, text: text) }
}
