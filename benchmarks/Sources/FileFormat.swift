import ArgumentParser

/// How a manifest is written: by programs, or as kubectl prints it.
enum FileFormat: String, CaseIterable, ExpressibleByArgument, CustomStringConvertible {
    case json, yaml

    var description: String { rawValue }

    func service(name: String, address: String) -> String {
        switch self {
        case .json:
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"\(name)","namespace":"bench"},\
            "spec":{"clusterIP":"\(address)","clusterIPs":["\(address)"],\
            "ipFamilies":["IPv4"],"type":"ClusterIP","ports":[{"port":80,"protocol":"TCP","targetPort":8080}]}}
            """
        case .yaml:
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: \(name)
              namespace: bench
            spec:
              clusterIP: \(address)
              clusterIPs:
              - \(address)
              ipFamilies:
              - IPv4
              type: ClusterIP
              ports:
              - port: 80
                protocol: TCP
                targetPort: 8080

            """
        }
    }

    /// One slice, of a Service's name and `-x`.
    func slice(of service: String, addresses: [String]) -> String {
        switch self {
        case .json:
            """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"\(service)-x",\
            "namespace":"bench","labels":{"kubernetes.io/service-name":"\(service)"}},"addressType":"IPv4",\
            "ports":[{"name":"","port":8080,"protocol":"TCP"}],"endpoints":[\(addresses.map(endpoint).joined(separator: ","))]}
            """
        case .yaml:
            """
            addressType: IPv4
            apiVersion: discovery.k8s.io/v1
            endpoints:
            \(addresses.map(endpoint).joined())\
            kind: EndpointSlice
            metadata:
              labels:
                kubernetes.io/service-name: \(service)
              name: \(service)-x
              namespace: bench
            ports:
            - name: ""
              port: 8080
              protocol: TCP

            """
        }
    }

    private func endpoint(_ address: String) -> String {
        switch self {
        case .json:
            """
            {"addresses":["\(address)"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"there"}
            """
        case .yaml:
            """
            - addresses:
              - \(address)
              conditions:
                ready: true
                serving: true
                terminating: false
              nodeName: there

            """
        }
    }
}
