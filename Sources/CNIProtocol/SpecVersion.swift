import JSON

/// A version of the CNI specification that this program speaks.
package enum SpecVersion: String, Sendable, Hashable, CaseIterable, Comparable {
    case v0_1_0 = "0.1.0"
    case v0_2_0 = "0.2.0"
    case v0_3_0 = "0.3.0"
    case v0_3_1 = "0.3.1"
    case v0_4_0 = "0.4.0"
    case v1_0_0 = "1.0.0"
    case v1_1_0 = "1.1.0"

    package static let newest = SpecVersion.v1_1_0

    /// The version that a configuration without `cniVersion` is written in.
    package static let unstated = SpecVersion.v0_1_0

    package static var supportedList: String { allCases.map(\.rawValue).joined(separator: ", ") }

    package static func < (a: SpecVersion, b: SpecVersion) -> Bool { a.order < b.order }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Reads a configuration's version: exactly one of those spoken here, with no matching by range.
    ///
    /// - Parameter text: the value of `cniVersion`; empty counts as absent.
    /// - Throws: code 1 when it is not spoken.
    package static func negotiate(_ text: String) throws(CNIError) -> SpecVersion {
        if text.isEmpty { return unstated }
        guard let version = SpecVersion(rawValue: text) else {
            let spoken = allCases.map { JSONValue.string($0.rawValue).serialized }.joined(separator: " ")
            throw CNIError(
                .incompatibleVersion, "incompatible CNI versions",
                details: "config is \(JSONValue.string(text).serialized), plugin supports [\(spoken)]")
        }
        return version
    }

    /// Checks that this version has the verb: CHECK came with 0.4.0, GC and STATUS with 1.1.0.
    package func requireVerb(_ command: CNICommand) throws(CNIError) {
        guard self >= command.firstVersion else {
            throw CNIError(
                .incompatibleVersion, "config version does not allow \(command.rawValue)",
                details: "cniVersion is \"\(rawValue)\"; \(command.rawValue) needs \(command.firstVersion.rawValue)")
        }
    }
}

/// What a runtime asks for in CNI_COMMAND.
package enum CNICommand: String, Sendable, Hashable, CaseIterable {
    case add = "ADD"
    case del = "DEL"
    case check = "CHECK"
    case gc = "GC"
    case status = "STATUS"
    case version = "VERSION"

    package var firstVersion: SpecVersion {
        switch self {
        case .add, .del, .version: .v0_1_0
        case .check: .v0_4_0
        case .gc, .status: .v1_1_0
        }
    }
}
