import Glibc
import LinuxSystem

/// A file that holds a `KubeProxyConfiguration`.
struct ConfigurationFile {
    let path: String
    let content: [UInt8]
    let configuration: KubeProxyConfiguration

    /// More is no configuration.
    static let limit = 1 << 20

    /// - Throws: `ConfigurationError` that names the file.
    init(_ path: String, mayBeConfigMap: Bool = false) throws(ConfigurationError) {
        try self.init(path, content: Self.content(path), mayBeConfigMap: mayBeConfigMap)
    }

    init(_ path: String, content: [UInt8], mayBeConfigMap: Bool = false) throws(ConfigurationError) {
        self.path = path
        self.content = content
        do throws(ConfigurationError) {
            configuration = try KubeProxyConfiguration(reading: content, mayBeConfigMap: mayBeConfigMap)
        } catch {
            throw ConfigurationError("\(path): \(error)")
        }
    }

    static func content(_ path: String) throws(ConfigurationError) -> [UInt8] {
        do throws(SystemError) {
            return try FileDescriptor.open(path, O_RDONLY).readToEnd(limit: limit)
        } catch {
            throw ConfigurationError("--config: \(error)")
        }
    }

    /// The fields that have an effect as the options that have it.
    var arguments: [String] {
        ConfigurationField.all.compactMap { field in
            guard field.effect == .applies, let value = configuration.values[field.path] else { return nil }
            return field.argument(value)
        }
    }

    /// What is wrong with one of those options, said of the file's field.
    func inItsTerms(_ complaint: String) -> ConfigurationError {
        // The longest first: one name may begin another.
        let flags = ConfigurationField.byFlag.sorted { $0.key.utf8.count > $1.key.utf8.count }
        let text = flags.reduce(complaint) { text, pair in
            text.replacing("--\(pair.key)", with: pair.value.path)
        }
        return ConfigurationError("\(path): \(text)")
    }

    /// What is passed over or taken otherwise than it stands there, a sentence each.
    var remarks: [String] {
        let unknown = configuration.unknown.map { "\($0) is no field of \(KubeProxyConfiguration.apiVersion)" }
        let idle = ConfigurationField.all.compactMap { field -> String? in
            guard configuration.values[field.path] != nil, case .none(let reason) = field.effect else { return nil }
            return "\(field.path) has no effect: \(reason)"
        }
        return unknown + configuration.notes + idle
    }
}
