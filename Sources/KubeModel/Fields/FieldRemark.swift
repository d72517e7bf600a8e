/// A remark about one field: why it is wrong, or that its value is passed over.
///
/// As an error, it says why the whole object cannot be used.
package struct FieldRemark: Error, Hashable {
    package var path: FieldPath
    /// What is wrong, and with what, such as `70000 is not a port (1 to 65535)`.
    package var text: String

    package init(path: FieldPath, text: String) {
        self.path = path
        self.text = text
    }
}

extension FieldRemark: CustomStringConvertible {
    package var description: String { path.steps.isEmpty ? text : "\(path): \(text)" }
}
