/// A value with a secret in it: whoever prints, dumps or reflects it sees its `description`, which has none.
package protocol SecretHolder: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension SecretHolder {
    package var debugDescription: String { description }

    /// Nothing of what lies within.
    package var customMirror: Mirror { Mirror(self, children: KeyValuePairs<String, Any>()) }
}
