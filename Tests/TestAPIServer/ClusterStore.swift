/// What a cluster's store holds, with a version for each change, as etcd behind an API server has it.
package actor ClusterStore {
    /// Such as `services`, the last word of a list's path.
    package typealias Kind = String

    struct Event: Sendable {
        let version: Int
        let kind: Kind
        let type: String
        /// The object, with this version in it.
        let json: String
    }

    private var objects: [Kind: [String: (version: Int, spec: String)]] = [:]
    package private(set) var version = 100
    private var history: [Event] = []
    /// Events before this version are forgotten.
    private(set) var window = 100
    private var watchers: [Int: AsyncStream<Event>.Continuation] = [:]
    private var nextWatcher = 0

    package init() {}

    static let kinds: [Kind: (name: String, version: String)] = [
        "services": ("Service", "v1"), "endpointslices": ("EndpointSlice", "discovery.k8s.io/v1"),
        "nodes": ("Node", "v1"), "servicecidrs": ("ServiceCIDR", "networking.k8s.io/v1"),
    ]

    /// Makes or replaces an object.
    ///
    /// - Parameter spec: what follows the metadata, such as `"spec":{…}`; or all of it.
    package func set(_ kind: Kind, _ name: String, _ spec: String) {
        let isNew = objects[kind]?[name] == nil
        version += 1
        objects[kind, default: [:]][name] = (version, spec)
        tell(kind, isNew ? "ADDED" : "MODIFIED", json(kind, name, version, spec))
    }

    /// Makes or replaces an object that is given whole, as JSON in which `"metadata":{` stands once as that.
    package func set(whole json: String) throws {
        guard let kind = Self.kinds.first(where: { json.contains("\"kind\":\"\($0.value.name)\"") })?.key,
            let metadata = json.firstRange(of: "\"metadata\":{"),
            let name = json[metadata.upperBound...].firstRange(of: "\"name\":\"")
        else { throw NoObject(text: json) }
        set(kind, String(json[name.upperBound...].prefix { $0 != "\"" }), json)
    }

    package struct NoObject: Error { package let text: String }

    package func remove(_ kind: Kind, _ name: String) {
        guard let old = objects[kind]?.removeValue(forKey: name) else { return }
        version += 1
        tell(kind, "DELETED", json(kind, name, version, old.spec))
    }

    /// Puts the store back to an older state: these objects, at a smaller version, and no watch hears of it.
    package func restore(_ kind: Kind, _ objects: [String: String], version: Int) {
        self.version = version
        window = version
        history = []
        self.objects[kind] = objects.mapValues { (version, $0) }
    }

    package func names(_ kind: Kind) -> Set<String> { Set(objects[kind, default: [:]].keys) }

    func list(_ kind: Kind) -> [(name: String, json: String)] {
        objects[kind, default: [:]].sorted { $0.key < $1.key }.map { name, object in
            (name, json(kind, name, object.version, object.spec))
        }
    }

    /// The events behind a version and those to come.
    func watch(_ kind: Kind, after version: Int) -> (id: Int, past: [Event], future: AsyncStream<Event>) {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
        nextWatcher += 1
        watchers[nextWatcher] = continuation
        return (nextWatcher, events(kind, after: version), stream)
    }

    func events(_ kind: Kind, after version: Int) -> [Event] {
        history.filter { $0.kind == kind && $0.version > version }
    }

    func endWatch(_ id: Int) { watchers.removeValue(forKey: id)?.finish() }

    private func tell(_ kind: Kind, _ type: String, _ json: String) {
        let event = Event(version: version, kind: kind, type: type, json: json)
        history.append(event)
        for watcher in watchers.values { watcher.yield(event) }
    }

    private func json(_ kind: Kind, _ name: String, _ version: Int, _ spec: String) -> String {
        if let metadata = spec.firstRange(of: "\"metadata\":{"), spec.first == "{" {
            return "\(spec[..<metadata.upperBound])\"resourceVersion\":\"\(version)\",\(spec[metadata.upperBound...])"
        }
        let (object, apiVersion) = Self.kinds[kind] ?? ("", "")
        let namespace = kind == "nodes" || kind == "servicecidrs" ? "" : "\"namespace\":\"shop\","
        let service = kind == "endpointslices" ? String(name.prefix { $0 != "." }) : ""
        let labels = service.isEmpty ? "" : ",\"labels\":{\"kubernetes.io/service-name\":\"\(service)\"}"
        return """
            {"kind":"\(object)","apiVersion":"\(apiVersion)","metadata":{"name":"\(name)",\(namespace)\
            "resourceVersion":"\(version)"\(labels)},\(spec)}
            """
    }
}
