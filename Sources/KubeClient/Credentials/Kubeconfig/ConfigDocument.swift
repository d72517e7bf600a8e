import JSON
import KubeModel
import YAML

/// The one document that a kubeconfig is, and a plugin's answer: YAML or JSON.
enum ConfigDocument {
    /// What a text says; nil where it says nothing.
    ///
    /// - Parameter file: what the text stands in, for the error.
    static func value(_ text: [UInt8], of file: String) throws(CredentialError) -> JSONValue? {
        let documents = YAMLDocument.split(text)
        guard let document = documents.first else { return nil }
        guard documents.count == 1 else {
            throw CredentialError("\(file): there are \(documents.count) documents in it; leave only one")
        }
        do throws(YAMLSyntaxError) {
            return try document.value()
        } catch {
            let line = document.firstLine + (error.line ?? 1) - 1
            throw CredentialError("\(file): cannot be parsed: line \(line): \(error.text)")
        }
    }
}
