import CNIProtocol
import Glibc
import HostIPAM
import LinuxSystem
import NetworkTypes

/// Takes a pod's addresses from the configuration's source, and gives them back.
struct PodAddresses {
    private let source: AddressSource
    private let identity: AttachmentIdentity
    private let directory: LeaseDirectory
    private let network: NetworkConfiguration

    init(_ configuration: PluginConfiguration, _ identity: AttachmentIdentity) {
        source = configuration.addressSource
        self.identity = identity
        network = configuration.network
        directory = LeaseDirectory(
            dataDirectory: IPAMConfiguration.dataDirectory(configuration.network.root), network: identity.network)
    }

    /// Where leases are recorded; nil when there is none of Fairway's own.
    var dataDirectory: String? { source.builtIn == nil ? nil : directory.dataDirectory }

    /// - Throws: nothing is leased then.
    func take() throws(CNIError) -> Allocation {
        switch source {
        case .none: return Allocation()
        case .builtIn(let ipam):
            // Before the lease: a file that cannot be read must leave nothing behind.
            let dns = try ipam.resolvConf.map { path throws(CNIError) in try Self.dns(resolvConf: path) }
            let leases = try directory.allocate(ipam, for: identity.attachment)
            return Allocation(leases, routes: ipam.routes, dns: dns ?? DNSConfiguration())
        case .delegate(let type):
            let delegate = try Delegate(type, network)
            do throws(CNIError) {
                let result = try delegate.run(.add) ?? AddResult()
                guard !result.addresses.isEmpty else {
                    throw CNIError(
                        .invalidConfiguration, "IPAM plugin returned missing IP config",
                        details: "ipam.type \"\(type)\" gave no address")
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
        case .builtIn: try directory.release(allocation.assignments.map(\.address.address), of: identity.attachment)
        case .delegate(let type): try Delegate(type, network).run(.del)
        }
    }

    static func dns(resolvConf path: String) throws(CNIError) -> DNSConfiguration {
        do throws(SystemError) {
            let bytes = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK).readToEnd(limit: 1 << 20)
            return DNSConfiguration(resolvConf: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw CNIError(.inputOutput, "cannot read ipam.resolvConf \"\(path)\"", details: "\(error)")
        }
    }
}
