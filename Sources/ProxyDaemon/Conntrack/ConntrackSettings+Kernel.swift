import Conntrack
import LinuxSystem
package import Logging

extension ConntrackSettings {
    /// Sets the kernel's parameters; what cannot be set is said in a warning each, and stays as it is.
    ///
    /// In a network namespace that is not the first the limit of connections can be read only.
    package func apply(_ logger: Logger) {
        do {
            // Asked, the kernel loads what keeps track, where it has not yet: the parameters come with that.
            var socket = try ConntrackSocket()
            _ = try socket.count()
        } catch {
            logger.warning(
                "the kernel does not say how many connections it keeps track of", metadata: ["reason": "\(error)"])
        }
        for parameter in parameters(cpus: CPUs.configured) {
            do throws(SystemError) {
                let old = try Sysctl.read(parameter.path)
                if let old = UInt64(old), old == parameter.value || (parameter.onlyRaises && old > parameter.value) {
                    continue
                }
                try Sysctl.write(parameter.path, "\(parameter.value)")
                logger.info(
                    "set a parameter of the kernel",
                    metadata: ["parameter": "\(parameter.name)", "value": "\(parameter.value)", "was": "\(old)"])
                if parameter.name == Self.max { growTable(for: parameter.value, logger) }
            } catch {
                logger.warning(
                    "a parameter of the kernel stays as it is",
                    metadata: [
                        "parameter": "\(parameter.name)", "wanted": "\(parameter.value)", "reason": "\(error)",
                    ])
            }
        }
    }

    /// Whether segments outside their window pass, because of these settings or of somebody else's.
    package static var isLiberal: Bool {
        let value = try? Sysctl.read("net/netfilter/\(Self.tcpBeLiberal)")
        return value.map { $0 != "0" } ?? false
    }

    /// Four connections to a bucket at most.
    private func growTable(for connections: UInt64, _ logger: Logger) {
        let buckets = connections / 4
        do throws(SystemError) {
            guard let old = UInt64(try KernelModule.read(Self.buckets)), old < buckets else { return }
            try KernelModule.write(Self.buckets, "\(buckets)")
            logger.info(
                "set a parameter of the kernel",
                metadata: ["parameter": "nf_conntrack hashsize", "value": "\(buckets)", "was": "\(old)"])
        } catch {
            logger.warning(
                "a parameter of the kernel stays as it is",
                metadata: ["parameter": "nf_conntrack hashsize", "wanted": "\(buckets)", "reason": "\(error)"])
        }
    }

    private static let buckets = "nf_conntrack/parameters/hashsize"
}
