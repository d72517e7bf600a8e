package import JSON

/// The answer to VERSION.
package enum VersionResult {
    /// Echoes the version of the request, whatever it is, and lists those that are spoken here.
    ///
    /// - Parameter input: the request, of which only `cniVersion` counts; anything else is ignored.
    package static func json(for input: [UInt8]) -> JSONValue {
        var version = JSONValue.string(SpecVersion.newest.rawValue)
        if case .object(let object)? = try? JSONValue(parsing: input), case .string(let text)? = object["cniVersion"] {
            version = .string(text)
        }
        return .object(
            JSONObject([
                "cniVersion": version,
                "supportedVersions": .array(SpecVersion.allCases.map { .string($0.rawValue) }),
            ]))
    }
}
