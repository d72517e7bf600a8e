package import NetworkTypes

/// Kubernetes objects as a control plane would write them, for the lab's own pods.
package enum Manifests {
    /// One port of a Service or a slice.
    package struct Port: Sendable, Hashable {
        package var name: String
        package var proto: TransportProtocol
        /// A Service's own port, or the endpoints' port in a slice.
        package var port: UInt16
        /// 0 for none; means nothing in a slice.
        package var nodePort: UInt16

        package init(_ name: String = "", _ proto: TransportProtocol, _ port: UInt16, nodePort: UInt16 = 0) {
            self.name = name
            self.proto = proto
            self.port = port
            self.nodePort = nodePort
        }
    }

    static func node(_ node: NodePlan) -> JSONTree {
        [
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(node.name)],
            "spec": ["podCIDRs": .array(node.podNetworks.map { .string("\($0)") })],
            "status": [
                "addresses": .array(
                    node.addresses.map { ["type": "InternalIP", "address": .string("\($0)")] })
            ],
        ]
    }

    /// One slice per family that has an address, as the control plane splits a dual-stack Service's endpoints.
    package static func slices(
        of service: String, namespace: String = "default", ports: [Port],
        endpoints: [(node: String, addresses: [IPAddress])]
    ) -> [JSONTree] {
        IPFamily.allCases.map { family in
            [
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": [
                    "name": .string("\(service)-\(family.rawValue.lowercased())"), "namespace": .string(namespace),
                    "labels": ["kubernetes.io/service-name": .string(service)],
                ],
                "addressType": .string(family.rawValue),
                "ports": .array(ports.map(port)),
                "endpoints": .array(
                    endpoints.flatMap { endpoint in
                        endpoint.addresses.filter { $0.family == family }.map { address in
                            [
                                "addresses": [.string("\(address)")],
                                "conditions": ["ready": true, "serving": true, "terminating": false],
                                "nodeName": .string(endpoint.node),
                            ]
                        }
                    }),
            ]
        }
    }

    package static func slices(of service: String, ports: [Port], pods: [Pod]) -> [JSONTree] {
        slices(of: service, ports: ports, endpoints: pods.map { ($0.node.name, $0.addresses) })
    }

    private static func port(_ port: Port) -> JSONTree {
        ["name": .string(port.name), "protocol": .string(port.proto.rawValue), "port": .integer(Int64(port.port))]
    }

    /// A Service with these `spec` members, and ingress addresses in its status where given.
    package static func service(
        _ name: String, namespace: String = "default", type: String = "ClusterIP", clusterIPs: [String],
        ports: [Port], extra: [String: JSONTree] = [:], ingress: [IPAddress] = []
    ) -> JSONTree {
        var spec: JSONTree = [
            "type": .string(type), "clusterIPs": .array(clusterIPs.map { .string($0) }),
            "ports": .array(
                ports.map { entry in
                    var tree = port(entry)
                    if entry.nodePort != 0 { tree["nodePort"] = .integer(Int64(entry.nodePort)) }
                    return tree
                }),
        ]
        if let first = clusterIPs.first { spec["clusterIP"] = .string(first) }
        for (key, value) in extra { spec[key] = value }
        return [
            "apiVersion": "v1", "kind": "Service",
            "metadata": ["name": .string(name), "namespace": .string(namespace)], "spec": spec,
            "status": [
                "loadBalancer": ["ingress": .array(ingress.map { ["ip": .string("\($0)")] })]
            ],
        ]
    }
}
