import FoundationEssentials
import JSON
import KubeModel

/// Reads the fields of a kubeconfig, or of what a plugin answers, as client-go does: to the letter, without regard to what it
/// does not know.
///
/// An absent field, a null one and an empty text are the same. Errors name the file, the path and the cure.
struct ConfigFields: Sendable, SecretHolder {
    /// What the fields stand in: a file's name, or a program's answer.
    let file: String
    let path: FieldPath
    private let object: JSONObject

    /// - Throws: where the value is no mapping.
    init(_ value: JSONValue, of file: String, at path: FieldPath = []) throws(CredentialError) {
        self.file = file
        self.path = path
        guard case .object(let object) = value else {
            throw Self.failure(file, path, "\(value.kind) is not a mapping of keys to values")
        }
        self.object = object
    }

    var description: String { path.steps.isEmpty ? file : "\(file): \(path)" }

    func value(_ key: String) -> JSONValue? {
        guard let value = object[exactly: key], !value.isNull else { return nil }
        return value
    }

    func text(_ key: String) throws(CredentialError) -> String? {
        guard let value = value(key) else { return nil }
        let text = try text(of: value, [.key(key)])
        return text.isEmpty ? nil : text
    }

    func texts(_ key: String) throws(CredentialError) -> [String] {
        let values = try values(key)
        var texts: [String] = []
        for index in values.indices { texts.append(try text(of: values[index], [.key(key), .index(index)])) }
        return texts
    }

    /// False where there is none.
    func flag(_ key: String) throws(CredentialError) -> Bool {
        guard let value = value(key) else { return false }
        guard case .bool(let flag) = value else {
            throw failure(key, "\(value.kind) is not a boolean; write true or false, without quotes")
        }
        return flag
    }

    /// The bytes that a text stands for in base64, in lines or in one.
    func bytes(_ key: String) throws(CredentialError) -> [UInt8]? {
        guard let text = try text(key) else { return nil }
        guard let data = Data(base64Encoded: String(text.filter { !$0.isNewline })) else {
            throw failure(key, "the text is not base64; write the file's content as base64 -w0 gives it")
        }
        return data.isEmpty ? nil : Array(data)
    }

    /// A path, seen from the folder of the file that names it.
    func filePath(_ key: String) throws(CredentialError) -> String? {
        guard let path = try text(key) else { return nil }
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    /// A mapping; nil where there is none.
    func mapping(_ key: String) throws(CredentialError) -> ConfigFields? {
        guard let value = value(key) else { return nil }
        return try ConfigFields(value, of: file, at: path + [.key(key)])
    }

    /// The fields of each mapping in a list; none where there is no list.
    func list(_ key: String) throws(CredentialError) -> [ConfigFields] {
        let values = try values(key)
        var list: [ConfigFields] = []
        for index in values.indices {
            list.append(try ConfigFields(values[index], of: file, at: path + [.key(key), .index(index)]))
        }
        return list
    }

    /// The keys, in the order of the file.
    var keys: [String] { object.members.map(\.key) }

    func failure(_ key: String, _ text: String) -> CredentialError { Self.failure(file, path + [.key(key)], text) }

    private func values(_ key: String) throws(CredentialError) -> [JSONValue] {
        guard let value = value(key) else { return [] }
        guard case .array(let values) = value else {
            throw failure(key, "\(value.kind) is not a list; begin each entry with a dash")
        }
        return values
    }

    private func text(of value: JSONValue, _ steps: FieldPath) throws(CredentialError) -> String {
        guard case .string(let text) = value else {
            throw Self.failure(file, path + steps, "\(value.kind) is not a text; put it in quotes")
        }
        return text
    }

    private static func failure(_ file: String, _ path: FieldPath, _ text: String) -> CredentialError {
        CredentialError(path.steps.isEmpty ? "\(file): \(text)" : "\(file): \(path): \(text)")
    }
}
