/// Why there is no way to an API server with what was given.
///
/// The text names the file, the field and the cure, and never shows a secret.
package struct CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
