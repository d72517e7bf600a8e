/// The kinds of the API groups in which Fairway reads some, so that a slip of the pen does not look like another kind.
enum KnownKinds {
    private static let byGroup: [String: Set<String>] = [
        "": [
            "Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node",
            "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodStatusResult", "PodTemplate", "RangeAllocation",
            "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount", "Status",
        ],
        "discovery.k8s.io": ["EndpointSlice"],
        "networking.k8s.io": ["IPAddress", "Ingress", "IngressClass", "NetworkPolicy", "ServiceCIDR"],
    ]

    /// False where the group is known and has no such kind, nor a list of it.
    static func mayExist(_ kind: String, in group: String) -> Bool {
        guard let kinds = byGroup[group] else { return true }
        return kinds.contains(kind) || kind.hasSuffix("List") && kinds.contains(String(kind.dropLast(4)))
    }
}
