import CNIProtocol
import LinuxSystem

/// Whether answers to 127.0.0.1 may come back through an interface (`route_localnet`).
///
/// As long as any host port is on loopback, the table `fairway-cni` drops what else would come that way (CVE-2020-8558);
/// when the last one goes, the interface is closed again.
enum LoopbackRouting {
    static func allow(_ interfaces: [String]) throws(CNIError) { try set(interfaces, to: "1") }

    static func end(_ interfaces: [String]) throws(CNIError) { try set(interfaces, to: "0") }

    static func isOpen(_ interface: String) -> Bool {
        PluginEnvironment.isInterfaceName(interface) && (try? Sysctl.read(path(interface))) == "1"
    }

    /// Those of the interfaces that are closed, a sentence each.
    static func drift(of interfaces: [String]) -> [String] {
        interfaces.filter { !isOpen($0) }.map { "route_localnet of \($0) is off: host ports on 127.0.0.1 are dead" }
    }

    private static func path(_ interface: String) -> String { "net/ipv4/conf/\(interface)/route_localnet" }

    private static func set(_ interfaces: [String], to value: String) throws(CNIError) {
        // A dot would be taken for a folder by nobody but sysctl(8): this is the path below /proc/sys itself.
        for interface in interfaces
        where PluginEnvironment.isInterfaceName(interface)
            && Sysctl.exists(path(interface))
        {
            try system(.routeLoopback(interface, value)) { () throws(SystemError) in
                try Sysctl.set(path(interface), to: value)
            }
        }
    }
}
