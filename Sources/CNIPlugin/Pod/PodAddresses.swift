import AttachPlan
import CNIProtocol
import Glibc
import HostIPAM
import LeaseStore
import LinuxSystem
import NetworkTypes

/// Takes a pod's addresses from the configuration's source, and gives them back.
struct PodAddresses {
    private enum Source {
        case none
        case builtIn(IPAMConfiguration)
        case delegate(Delegate)
    }

    private let source: Source
    private let execution: Execution

    /// - Throws: what `Delegate` does for an address plugin that is not there.
    init(_ configuration: PluginConfiguration, _ execution: Execution) throws(CNIError) {
        source =
            switch configuration.addressSource {
            case .none: .none
            case .builtIn(let ipam): .builtIn(ipam)
            case .delegate(let type): .delegate(try Delegate(type, execution.network))
            }
        self.execution = execution
    }

    /// Where leases are recorded; nil when there is none of Fairway's own.
    var dataDirectory: String? {
        if case .builtIn = source { execution.leases.dataDirectory } else { nil }
    }

    /// - Throws: nothing is leased then.
    func take() throws(CNIError) -> Allocation {
        switch source {
        case .none: return Allocation()
        case .builtIn(let ipam): return try Self.lease(ipam, execution)
        case .delegate(let delegate):
            do throws(CNIError) {
                let result = try delegate.run(.add) ?? AddResult()
                guard !result.addresses.isEmpty else {
                    throw CNIError(
                        .invalidConfiguration, "IPAM plugin returned missing IP config",
                        details: "ipam.type \"\(delegate.type)\" gave no address")
                }
                return Allocation(result)
            } catch {
                // The specification: whoever delegates ADD cleans up after it when it fails.
                _ = try? delegate.run(.del)
                throw error
            }
        }
    }

    func giveBack(_ allocation: Allocation) throws(CNIError) {
        switch source {
        case .none: break
        case .builtIn:
            try system(.useLeases) { () throws(SystemError) in
                try execution.leases.release(allocation.assignments.map(\.address.address), of: execution.attachment)
            }
        case .delegate(let delegate): try delegate.run(.del)
        }
    }

    /// Leases an address of each range set.
    static func lease(_ ipam: IPAMConfiguration, _ execution: Execution) throws(CNIError) -> Allocation {
        // Before the lease: a file that cannot be read must leave nothing behind.
        let dns = try ipam.resolvConf.map { path throws(CNIError) in
            try system(.readResolvConf(path)) { () throws(SystemError) in
                let bytes = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK).readToEnd(limit: 1 << 20)
                return DNSConfiguration(resolvConf: String(decoding: bytes, as: UTF8.self))
            }
        }
        do throws(LeaseError) {
            let leases = try execution.leases.allocate(ipam, for: execution.attachment)
            return Allocation(leases, routes: ipam.routes, dns: dns ?? DNSConfiguration())
        } catch {
            throw CNIError(error)
        }
    }
}
