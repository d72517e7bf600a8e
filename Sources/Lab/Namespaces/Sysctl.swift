import CLinux
import Glibc
import LinuxSystem
import Synchronization

extension LabNamespace {
    /// Writes kernel parameters of this namespace; none of them exists once for the whole host.
    ///
    /// - Parameter values: names below `net`, with dots, such as `ipv4.ip_forward`.
    /// - Throws: the first `SystemError`; `ENOENT` of `bridge.*` on a kernel without br_netfilter too.
    package func setSysctls(_ values: KeyValuePairs<String, String>) throws {
        // The bridge module's parameters are only there once it has been loaded; see `bridgeNetfilter`.
        let pairs = values.map { ("/proc/sys/net/" + $0.key.replacing(".", with: "/"), $0.value) }
        let failure = Mutex<SystemError?>(nil)
        let path = self.path
        try DedicatedThread.run("sysctl") {
            do throws(SystemError) {
                let namespace = try FileDescriptor.open(path, O_RDONLY)
                try systemCall("enter \(path)") { fairway_setns(namespace.rawValue, fairway_clone_newnet()) }
                for (file, value) in pairs {
                    try FileDescriptor.open(file, O_WRONLY).writeAll(Array(value.utf8))
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// What every namespace of a lab has: answers at once and as often as asked, addresses usable at once.
    func setBasicSysctls() throws {
        try setSysctls([
            "ipv4.icmp_ratelimit": "0", "ipv6.icmp.ratelimit": "0",
            "ipv6.conf.all.accept_dad": "0", "ipv6.conf.default.accept_dad": "0",
            "ipv6.conf.default.accept_ra": "0",
            "ipv4.conf.all.rp_filter": "0", "ipv4.conf.default.rp_filter": "0",
            "ipv4.ip_local_port_range": "1024 65000",
        ])
    }

    /// Sets whether every bridge of the namespace calls iptables and nftables, as the host's sysctls would.
    package func setBridgeNetfilter(_ enabled: Bool) throws {
        let value = enabled ? "1" : "0"
        try setSysctls(["bridge.bridge-nf-call-iptables": value, "bridge.bridge-nf-call-ip6tables": value])
    }
}
