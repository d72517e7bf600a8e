import LinuxSystem
import Synchronization

extension LabNamespace {
    /// Runs a body on a thread inside the namespace, which ends with it.
    package func inside<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let result = Mutex<Swift.Result<Result, any Error>?>(nil)
        let path = self.path
        try DedicatedThread.run("in-namespace") {
            let outcome = Swift.Result {
                try NetworkNamespace(path: path).enter()
                return try body()
            }
            result.withLock { $0 = outcome }
        }
        guard let outcome = result.withLock({ $0 }) else { throw LabError("a thread in \(name) ended early") }
        return try outcome.get()
    }

    /// Writes kernel parameters of this namespace.
    ///
    /// - Parameter values: paths below `net`, such as `ipv4/ip_forward`; only ones that every namespace has of its own.
    /// - Throws: the first `SystemError`; `ENOENT` for `bridge/*` where the kernel has no br_netfilter.
    package func setSysctls(_ values: [String: String]) throws {
        try inside { for (path, value) in values { try Sysctl.set("net/\(path)", to: value) } }
    }

    /// What every namespace of a lab has: ICMP errors as often as asked, addresses usable at once, many ports.
    func setBasicSysctls() throws {
        try setSysctls([
            "ipv4/icmp_ratelimit": "0", "ipv6/icmp/ratelimit": "0",
            "ipv6/conf/all/accept_dad": "0", "ipv6/conf/default/accept_dad": "0",
            "ipv6/conf/default/accept_ra": "0",
            "ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0",
            "ipv4/ip_local_port_range": "1024\t65000",
        ])
    }

    /// Sets whether every bridge of the namespace calls iptables and nftables, as a host's own sysctls would.
    package func setBridgeNetfilter(_ enabled: Bool) throws {
        let value = enabled ? "1" : "0"
        try setSysctls(["bridge/bridge-nf-call-iptables": value, "bridge/bridge-nf-call-ip6tables": value])
    }
}
