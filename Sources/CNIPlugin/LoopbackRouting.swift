import AttachmentStore
import CNIProtocol
import LinuxSystem

/// Whether answers to 127.0.0.1 may come back through an interface (`route_localnet`).
///
/// As long as any host port is on loopback, the table `fairway-cni` drops what else would come that way (CVE-2020-8558);
/// when the last one goes, the interface is closed again.
enum LoopbackRouting {
    static func allow(_ interfaces: [String]) throws(CNIError) { try set(interfaces, to: "1") }

    static func end(_ interfaces: [String]) throws(CNIError) { try set(interfaces, to: "0") }

    private static func set(_ interfaces: [String], to value: String) throws(CNIError) {
        // A dot would be taken for a folder by nobody but sysctl(8): this is the path below /proc/sys itself.
        for interface in interfaces
        where PluginEnvironment.isInterfaceName(interface)
            && Sysctl.exists("net/ipv4/conf/\(interface)/route_localnet")
        {
            do throws(SystemError) {
                try Sysctl.set("net/ipv4/conf/\(interface)/route_localnet", to: value)
            } catch {
                throw CNIError(
                    .kernel, "cannot set route_localnet of \(interface) to \(value)",
                    details: "\(error): host ports on 127.0.0.1 need it")
            }
        }
    }
}
