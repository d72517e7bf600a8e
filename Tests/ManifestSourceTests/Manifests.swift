import KubeModel
import ManifestSource

/// A Service's manifest in YAML: seven lines, the port on the last.
func serviceYAML(_ name: String, port: Int = 80) -> String {
    """
    apiVersion: v1
    kind: Service
    metadata:
      name: \(name)
    spec:
      ports:
      - port: \(port)

    """
}

func serviceID(_ name: String) -> ObjectID {
    ObjectID(kind: .service, name: NamespacedName(namespace: "default", name: name))
}

func service(_ name: String, port: UInt16 = 80) -> KubeObject {
    .service(Service(name: serviceID(name).name, ports: [ServicePort(port: port)]))
}

func reading(_ text: String) -> FileReading { FileReading(Array(text.utf8)) }

extension FileReading {
    /// Each remark as `17 error text`.
    var remarkTexts: [String] { remarks.map { "\($0.line.map(String.init) ?? "-") \($0.level) \($0.text)" } }
}
