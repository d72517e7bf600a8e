/// Bytes of an API server that are not what they are said to be.
package struct APIDecodingError: Error, CustomStringConvertible {
    /// What is wrong, such as `a watch event of the type "MOVED"`.
    package let description: String

    init(_ description: String) { self.description = description }
}
