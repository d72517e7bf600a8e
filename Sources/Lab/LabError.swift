/// Something the lab could not do, in a sentence that names the object and the cure.
package struct LabError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
