import KubeModel
import ManifestSource
import NetworkTypes

/// A Service's manifest in YAML: seven lines, the port on the last.
func serviceYAML(_ name: String, port: Int = 80) -> String {
    """
    apiVersion: v1
    kind: Service
    metadata: {name: \(name)}
    spec:
      clusterIP: 10.96.0.1
      ports:
      - port: \(port)

    """
}

func serviceID(_ name: String) -> ObjectID {
    ObjectID(kind: .service, name: NamespacedName(namespace: "default", name: name))
}

func service(_ name: String, port: UInt16 = 80) -> KubeObject {
    let address = IPAddress.v4(IPv4Address(10, 96, 0, 1))
    return .service(Service(name: serviceID(name).name, clusterIPs: [address], ports: [ServicePort(port: port)]))
}

func reading(_ text: String) -> FileReading { FileReading(Array(text.utf8)) }

extension FileReading {
    /// Each remark as `17 error text`.
    var remarkTexts: [String] { remarks.map { "\($0.line.map(String.init) ?? "-") \($0.level) \($0.text)" } }
}
