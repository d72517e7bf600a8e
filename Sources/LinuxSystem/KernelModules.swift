import Glibc

/// The kernel's loadable modules.
package enum KernelModules {
    /// Asks modprobe(8) for modules, and waits for it as long as it is given.
    ///
    /// The kernel loads a module by itself when a transaction asks for it, but then takes back the transaction and begins it
    /// again, once for each module.
    ///
    /// - Parameter milliseconds: what modprobe is given; then it is ended, and not waited for: a module's own start may hang.
    /// - Returns: why nothing may have been loaded; nil where nothing was missing or modprobe was content.
    @discardableResult
    package static func load(_ names: [String], within milliseconds: Int) -> String? {
        guard let file = try? FileDescriptor.open("/proc/modules", O_RDONLY), let list = try? file.readToEnd() else {
            return "this kernel loads no modules"
        }
        let missing = missing(names, in: String(decoding: list, as: UTF8.self))
        guard !missing.isEmpty else { return nil }
        guard let modprobe = paths.first(where: { unsafe access($0, X_OK) == 0 }) else {
            return "there is no modprobe in \(paths.joined(separator: ", "))"
        }
        do throws(SystemError) {
            // What it says is not ours to say: a name that it does not know may be built in.
            let null = try FileDescriptor.open("/dev/null", O_RDWR)
            let pid = try Program(
                modprobe, ["-a", "-q"] + missing, environment: [],
                descriptors: [null.rawValue, null.rawValue, null.rawValue], hasOwnSession: true
            ).start()
            guard let end = ProcessEnd(ofChild: pid, within: milliseconds) else {
                return "modprobe did not end within \(milliseconds) ms"
            }
            return end == .exited(0) ? nil : "modprobe failed"
        } catch {
            return "\(error)"
        }
    }

    /// Those that are not loaded, or are built in, where nobody lists them.
    ///
    /// - Parameter list: as `/proc/modules` has it.
    package static func missing(_ names: [String], in list: String) -> [String] {
        let loaded = Set(list.split(separator: "\n").map { $0.prefix { $0 != " " } })
        return names.filter { !loaded.contains($0[...]) }
    }

    private static let paths = ["/sbin/modprobe", "/usr/sbin/modprobe"]
}

/// The module that lets a bridge's frames pass nftables and conntrack; nothing loads it by itself.
package enum BridgeNetfilter {
    package static let module = "br_netfilter"
    package static let complaint = "the kernel has no br_netfilter: Services fail between pods of one node"
    package static let cure = "run modprobe br_netfilter, and name it in /etc/modules-load.d"

    package static var isPresent: Bool { Sysctl.exists("net/bridge/bridge-nf-call-iptables") }

    /// Loads it where it is missing and this process may.
    ///
    /// - Returns: why it is still missing; nil where it is there.
    package static func ensure() -> String? {
        if isPresent { return nil }
        let reason = KernelModules.load([module], within: patience)
        return isPresent ? nil : reason ?? "it is loaded, but /proc/sys/net/bridge is not there"
    }

    /// Milliseconds that a start waits for modprobe at most.
    package static let patience = 10_000
}
