package import JSON

/// A failure as the CNI specification has it: a code, a sentence, and the particulars.
package struct CNIError: Error, Hashable, Sendable {
    /// The specification's error codes (SPEC.md, "Error"), and the plugin's own from 100 up.
    package struct Code: Hashable, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let incompatibleVersion = Code(rawValue: 1)
        package static let unsupportedField = Code(rawValue: 2)
        package static let invalidEnvironment = Code(rawValue: 4)
        package static let inputOutput = Code(rawValue: 5)
        package static let undecodable = Code(rawValue: 6)
        package static let invalidConfiguration = Code(rawValue: 7)
        package static let invalidNamespace = Code(rawValue: 8)
        package static let tryAgainLater = Code(rawValue: 11)
        package static let notAvailable = Code(rawValue: 50)
        package static let limitedConnectivity = Code(rawValue: 51)
        /// What libcni gives a failure that has no code.
        package static let untyped = Code(rawValue: 999)
        /// The kernel refused a step.
        package static let kernel = Code(rawValue: 100)
        /// ADD for an attachment that exists.
        package static let alreadyAttached = Code(rawValue: 101)
        /// No address left in a range set.
        package static let poolExhausted = Code(rawValue: 102)
        /// CHECK found a difference.
        package static let drifted = Code(rawValue: 103)
        /// GC could not remove everything.
        package static let incompleteCollection = Code(rawValue: 104)
        /// A host port is another attachment's.
        package static let hostPortTaken = Code(rawValue: 105)
        /// A requested address is another's.
        package static let addressTaken = Code(rawValue: 106)
    }

    package var code: Code
    package var message: String
    /// Empty when there is nothing to add.
    package var details: String

    package init(_ code: Code, _ message: String, details: String = "") {
        self.code = code
        self.message = message
        self.details = details
    }

    /// The error object for standard output.
    ///
    /// - Parameter version: the version of the configuration, or the newest one when that is unknown.
    package func json(_ version: SpecVersion) -> JSONValue {
        .object(
            JSONObject([
                "cniVersion": .string(version.rawValue), "code": .integer(code.rawValue), "msg": .string(message),
                "details": details.isEmpty ? nil : .string(details),
            ]))
    }
}

extension JSONValue {
    /// Parses what is expected to be JSON.
    ///
    /// - Parameter subject: what it is, for the error of code 6.
    package init(_ bytes: [UInt8], of subject: String) throws(CNIError) {
        do throws(JSONSyntaxError) {
            try self.init(parsing: bytes)
        } catch {
            throw CNIError(.undecodable, "\(subject) is not JSON", details: error.description)
        }
    }
}

extension CNIError: CustomStringConvertible {
    package var description: String { details.isEmpty ? message : "\(message): \(details)" }
}
