import KubeModel
import NetworkTypes
import Testing

/// The check of a Service, on fields that no text gave.
@Suite struct ServiceCheckTests {
    private var remarks: [FieldRemark] = []

    private mutating func check(_ fill: (inout ServiceFields) -> Void) throws(FieldRemark) -> Service {
        var fields = ServiceFields(metadata: MetadataFields(name: "web", namespace: "shop"), spec: ServiceFields.Spec())
        fill(&fields)
        remarks = []
        return try Service(fields, remarks: &remarks)
    }

    private mutating func error(_ fill: (inout ServiceFields) -> Void) throws -> String {
        do throws(FieldRemark) {
            let service = try check(fill)
            Issue.record("accepted: \(service)")
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("Fields that were not sent, and empty ones, have Kubernetes' defaults")
    mutating func defaults() throws {
        let plain = Service(name: NamespacedName(namespace: "shop", name: "web"), unassigned: [Unassigned()])
        #expect(try check { _ in } == plain)
        let empty = try check { fields in
            fields.metadata?.creationTimestamp = ""
            for field in [\ServiceFields.Spec.type, \.clusterIP, \.internalTrafficPolicy, \.externalTrafficPolicy] {
                fields.spec?[keyPath: field] = ""
            }
            fields.spec?.sessionAffinity = ""
            fields.spec?.healthCheckNodePort = 0
            fields.spec?.clusterIPs = []
            fields.ingress = []
        }
        #expect(empty == plain)
        let unnamed = try check { $0.metadata?.namespace = nil }
        #expect(unnamed.name.namespace == "default")
    }

    @Test("Every field that decides about frontends comes through")
    mutating func everyField() throws {
        let service = try check { fields in
            fields.metadata?.labels = ["a": "b"]
            fields.metadata?.creationTimestamp = "2026-01-01T00:30:00+02:00"
            fields.spec?.type = "LoadBalancer"
            fields.spec?.clusterIPs = ["10.96.0.1", "fd96::1"]
            fields.spec?.externalIPs = ["198.51.100.7"]
            fields.spec?.loadBalancerSourceRanges = [" 192.0.2.0/24"]
            fields.spec?.ports = [ServiceFields.Port(name: "dns", protocol: "UDP", port: 53, nodePort: 30053)]
            fields.spec?.internalTrafficPolicy = "Local"
            fields.spec?.externalTrafficPolicy = "Local"
            fields.spec?.sessionAffinity = "ClientIP"
            fields.spec?.affinityTimeoutSeconds = 86400
            fields.spec?.healthCheckNodePort = 30999
            fields.ingress = [
                ServiceFields.Ingress(ip: "203.0.113.1"), ServiceFields.Ingress(ip: "203.0.113.2", ipMode: "Proxy"),
                ServiceFields.Ingress(ip: "203.0.113.3", ipMode: "VIP"), ServiceFields.Ingress(),
            ]
        }
        let expected = Service(
            name: NamespacedName(namespace: "shop", name: "web"), creationTimestamp: "2025-12-31T22:30:00Z",
            labels: ["a": "b"], type: .loadBalancer,
            clusterIPs: [.v4(IPv4Address(10, 96, 0, 1)), try #require(IPAddress("fd96::1"))],
            externalIPs: [.v4(IPv4Address(198, 51, 100, 7))],
            loadBalancerIPs: [.v4(IPv4Address(203, 0, 113, 1)), .v4(IPv4Address(203, 0, 113, 3))],
            loadBalancerSourceRanges: [try #require(CIDR("192.0.2.0/24"))],
            ports: [ServicePort(name: "dns", proto: .udp, port: 53, nodePort: 30053)],
            internalTrafficPolicy: .local, externalTrafficPolicy: .local, affinityTimeoutSeconds: 86400,
            healthCheckNodePort: 30999)
        #expect(service == expected)
        #expect(remarks.isEmpty)
    }

    @Test("What is passed over is said with its path, and costs nothing else")
    mutating func passedOver() throws {
        let service = try check { fields in
            fields.spec?.ports = [ServiceFields.Port(port: 80)]
            fields.spec?.clusterIPs = ["10.96.0.1"]
            fields.spec?.externalIPs = ["127.0.0.1"]
            fields.spec?.loadBalancerSourceRanges = ["192.0.2.0/33"]
            fields.ingress = [ServiceFields.Ingress(ip: "nope")]
        }
        #expect(service.clusterIPs.map(\.description) == ["10.96.0.1"])
        #expect(
            service.externalIPs.isEmpty && service.loadBalancerSourceRanges.isEmpty && service.loadBalancerIPs.isEmpty)
        #expect(
            remarks.map(\.path.description) == [
                "spec.externalIPs[0]", "spec.loadBalancerSourceRanges[0]",
                "status.loadBalancer.ingress[0].ip",
            ])
    }

    @Test("The field that makes a Service unusable is named; what was said before it stays said")
    mutating func errors() throws {
        #expect(try error { $0.spec = nil } == "spec: is missing")
        #expect(try error { $0.metadata = nil } == "metadata: is missing")
        #expect(try error { $0.metadata?.name = "" } == "metadata.name: is missing")
        #expect(
            try error { $0.metadata?.namespace = "a.b" }
                == "metadata.namespace: \"a.b\" is not a namespace (a to z, 0 to 9 and -)")
        #expect(
            try error { $0.metadata?.creationTimestamp = "today" }
                == "metadata.creationTimestamp: \"today\" is not a time such as 2026-01-31T12:00:00Z")
        #expect(
            try error { fields in
                fields.spec?.externalIPs = ["x"]
                fields.spec?.sessionAffinity = "ClientIP"
                fields.spec?.affinityTimeoutSeconds = 0
            } == "spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is not a timeout in seconds (1 to 86400)")
        #expect(remarks.count == 1)
        #expect(
            try error { $0.spec?.healthCheckNodePort = .outOfRange }
                == "spec.healthCheckNodePort: is not a port (0 to 65535)")
        let twice = [ServiceFields.Port(name: "a", port: 80), ServiceFields.Port(name: "b", protocol: "TCP", port: 80)]
        #expect(
            try error { $0.spec?.ports = twice } == "spec.ports[1].port: 80/TCP is another port of this Service")
    }
}
