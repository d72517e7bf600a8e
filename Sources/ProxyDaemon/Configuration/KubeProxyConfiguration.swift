import JSON
import YAML

/// A `KubeProxyConfiguration` (kubeproxy.config.k8s.io/v1alpha1): what a file, or kube-proxy's flags, say of its fields.
struct KubeProxyConfiguration: Hashable {
    static let kind = "KubeProxyConfiguration"
    static let group = "kubeproxy.config.k8s.io"
    static let apiVersion = "\(group)/v1alpha1"

    /// What was said, by the field's path, and what is as good as nothing left out.
    private(set) var values: [String: JSONValue] = [:]
    /// Paths that the version does not have; nothing is made of them.
    private(set) var unknown: [String] = []
    /// What is taken otherwise than it stands there, a sentence each.
    private(set) var notes: [String] = []

    init() {}

    /// - Throws: where the document is none, or a value is none of its field's.
    init(_ document: JSONValue) throws(ConfigurationError) {
        guard case .object(let object) = document else {
            throw ConfigurationError("\(document.kind) is no \(Self.kind): write apiVersion, kind and fields")
        }
        let version = Self.text(object[exactly: "apiVersion"])
        let kind = Self.text(object[exactly: "kind"])
        guard kind == Self.kind, version == Self.apiVersion else {
            throw ConfigurationError(
                "apiVersion \(version ?? "-") and kind \(kind ?? "-") are not \(Self.apiVersion) and \(Self.kind)")
        }
        try take(object.without(["apiVersion", "kind"]), within: "")
        takeOtherMode()
    }

    /// What flags of kube-proxy's say, as they stand on a command line; the others are passed over.
    init(flags: [KubeProxyFlags.Given]) {
        for given in flags {
            guard let field = ConfigurationField.byFlag[given.name] else { continue }
            set(field, field.value(ofFlag: given.value))
        }
    }

    /// What counts: what was said, or what kube-proxy takes where nothing is.
    subscript(path: String) -> JSONValue {
        values[path] ?? ConfigurationField.byPath[path]?.initial ?? .null
    }

    mutating func set(_ path: String, _ value: JSONValue) {
        if let field = ConfigurationField.byPath[path] { set(field, value) }
    }

    private mutating func set(_ field: ConfigurationField, _ value: JSONValue) {
        values[field.path] = field.isUnset(by: value) ? nil : value
    }

    private mutating func take(_ object: JSONObject, within prefix: String) throws(ConfigurationError) {
        for member in object.members {
            let path = prefix + member.key
            if let field = ConfigurationField.byPath[path] {
                if let complaint = field.complaint(of: member.value) { throw ConfigurationError(complaint) }
                set(field, member.value)
            } else if ConfigurationField.all.contains(where: { $0.path.hasPrefix(path + ".") }) {
                switch member.value {
                case .null: break
                case .object(let inner): try take(inner, within: path + ".")
                default: throw ConfigurationError("\(path): \(member.value.kind) is not a mapping")
                }
            } else {
                unknown.append(path)
            }
        }
    }

    /// Takes what the block of the file's own mode says, where the block of the mode that runs does not.
    private mutating func takeOtherMode() {
        let mode = Self.text(values["mode"]) ?? "iptables"
        guard mode != "nftables" else { return }
        for key in ["masqueradeBit", "masqueradeAll", "syncPeriod", "minSyncPeriod"] {
            let (from, to) = ("\(mode).\(key)", "nftables.\(key)")
            guard let value = values[from], values[to] == nil else { continue }
            values[to] = value
            if ConfigurationField.byPath[to]?.effect == .applies {
                notes.append("\(from) \(value.serialized) counts as \(to), which the file leaves unset")
            }
        }
    }

    private static func text(_ value: JSONValue?) -> String? {
        if case .string(let text)? = value { text } else { nil }
    }
}

extension KubeProxyConfiguration {
    /// Reads a file's content, YAML or JSON; the first document of the kind counts.
    ///
    /// - Parameter mayBeConfigMap: the document may lie in a ConfigMap's data, as kubeadm and others keep it.
    init(reading content: [UInt8], mayBeConfigMap: Bool = false) throws(ConfigurationError) {
        var reason: ConfigurationError?
        for document in YAMLDocument.split(content) {
            let value = try Self.value(document)
            if mayBeConfigMap, case .object(let object) = value, Self.text(object[exactly: "kind"]) == "ConfigMap" {
                self = try Self(inConfigMap: object)
                return
            }
            do throws(ConfigurationError) {
                self = try Self(value)
                return
            } catch {
                reason = reason ?? error
            }
        }
        throw reason ?? ConfigurationError("the file is empty: write apiVersion, kind and fields")
    }

    private init(inConfigMap object: JSONObject) throws(ConfigurationError) {
        if case .object(let data)? = object[exactly: "data"] {
            for member in data.members {
                guard case .string(let text) = member.value, text.contains(Self.kind) else { continue }
                do throws(ConfigurationError) {
                    self = try Self(reading: Array(text.utf8))
                    return
                } catch {
                    throw ConfigurationError("data[\"\(member.key)\"]: \(error)")
                }
            }
        }
        throw ConfigurationError("the ConfigMap has no \(Self.kind) in its data")
    }

    private static func value(_ document: YAMLDocument) throws(ConfigurationError) -> JSONValue {
        do throws(YAMLSyntaxError) {
            return try document.value()
        } catch {
            throw ConfigurationError("\(error)")
        }
    }

    /// The whole configuration, with what counts where nothing was said, in kube-proxy's order.
    var document: JSONValue {
        var object = JSONObject()
        object.append("kind", .string(Self.kind))
        object.append("apiVersion", .string(Self.apiVersion))
        for field in ConfigurationField.all {
            if field.path == "featureGates", values[field.path] == nil { continue }
            object.put(self[field.path], at: field.path.split(separator: ".").map(String.init))
        }
        return .object(object)
    }
}

extension JSONObject {
    /// Puts a value at the end of a path of keys, whose mappings are made where they are missing.
    fileprivate mutating func put(_ value: JSONValue, at path: [String]) {
        guard path.count > 1 else { return append(path[0], value) }
        var inner = JSONObject()
        if case .object(let known)? = self[exactly: path[0]] { inner = known }
        inner.put(value, at: Array(path.dropFirst()))
        replace(path[0], .object(inner))
    }
}
