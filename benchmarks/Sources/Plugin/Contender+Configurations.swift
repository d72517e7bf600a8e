extension Contender {
    /// What a pod gets besides its addresses and routes.
    enum Extras: Sendable {
        case none
        /// Masquerade, and one host port of this protocol for each pod.
        case masqueradeAndPort(String)
    }

    /// Fairway's plugin alone.
    static func fairway(
        _ binary: String, _ pluginPath: String, _ network: BenchNetwork, _ extras: Extras, port: Int = 0
    )
        -> Contender
    {
        var keys = network.keys("fairway")
        if case .masqueradeAndPort(let name) = extras {
            keys += ",\"ipMasq\":true," + runtimeConfig(name, port)
        }
        return Contender(
            name: "fairway", steps: [Step(binary: binary, configuration: "{\(keys)}")], pluginPath: pluginPath)
    }

    /// Upstream's bridge and host-local, and portmap where there is a port.
    static func upstream(_ folder: String, _ network: BenchNetwork, _ extras: Extras, port: Int = 0) -> Contender {
        guard case .masqueradeAndPort(let name) = extras else {
            return Contender(
                name: "bridge + host-local",
                steps: [Step(binary: "\(folder)/bridge", configuration: "{\(network.keys("bridge"))}")],
                pluginPath: folder)
        }
        let portmap = """
            {"cniVersion":"1.0.0","name":"\(network.name)","type":"portmap","snat":true,\(runtimeConfig(name, port))}
            """
        return Contender(
            name: "bridge + host-local + portmap",
            steps: [
                Step(binary: "\(folder)/bridge", configuration: "{\(network.keys("bridge")),\"ipMasq\":true}"),
                Step(binary: "\(folder)/portmap", configuration: portmap),
            ], pluginPath: folder)
    }

    private static func runtimeConfig(_ name: String, _ port: Int) -> String {
        """
        "runtimeConfig":{"portMappings":[{"hostPort":\(port),"containerPort":80,"protocol":"\(name)","hostIP":""}]}
        """
    }
}

/// A network of the benchmark's: its own bridge, subnets and lease directory.
struct BenchNetwork: Sendable {
    let name: String
    /// 0 to 255: the second byte of its IPv4 subnet, and its bridge's number.
    let number: Int
    let dataDirectory: String

    var bridge: String { "brbench\(number)" }

    func keys(_ type: String) -> String {
        """
        "cniVersion":"1.0.0","name":"\(name)","type":"\(type)","bridge":"\(bridge)","isGateway":true,\
        "isDefaultGateway":true,"hairpinMode":true,"ipam":{"type":"host-local","dataDir":"\(dataDirectory)",\
        "ranges":[[{"subnet":"10.\(number).0.0/16"}],[{"subnet":"fd00:\(number)::/64"}]]}
        """
    }
}
