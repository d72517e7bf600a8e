package import AttachPlan
import AttachmentStore
import Attachments
package import CNIProtocol
import HostIPAM
import LeaseStore
package import LinuxSystem
import NFTables
import NetworkTypes
import PodTables

// The one map from what the rooms below throw to the specification's codes.

/// What the plugin was about when the system refused it.
enum Step {
    case readConfiguration
    case findRecords, readRecords, removeRecord
    case useLeases
    case readResolvConf(String)
    case lockBridges
    case enterNode
    case enterPod(String)
    case forward
    case announce(String)
    case relax(String)
    case enableIPv6(String)
    case prepare(interface: String, needsIPv6: Bool)
    case routeLoopback(String, String)
}

extension CNIError {
    init(_ error: SystemError, _ step: Step) {
        let needOfRouting = "host ports on 127.0.0.1 need it"
        let needOfIPv6 =
            error.errno == .readOnlyFileSystem
            ? "nobody may write /proc/sys here: mount it writable, or turn IPv6 on before" : AddPlan.needOfIPv6
        let (code, message, cure): (Code, String, String) =
            switch step {
            case .readConfiguration: (.inputOutput, "cannot read the network configuration", "")
            case .findRecords: (.inputOutput, "cannot find the records of attachments", "")
            case .readRecords: (.inputOutput, "cannot read the records of attachments", "")
            case .removeRecord: (.inputOutput, "cannot remove an attachment's record", "")
            case .useLeases: (.inputOutput, "the lease store failed", "check ipam.dataDir and its file system")
            case .readResolvConf(let path): (.inputOutput, "cannot read ipam.resolvConf \"\(path)\"", "")
            case .lockBridges: (.inputOutput, "cannot lock the node's bridges", Self.needOfFolder)
            case .enterNode: (.kernel, "cannot reach the node's network namespace", "")
            case .enterPod(let path) where error.errno.cure != nil: (.kernel, "cannot enter CNI_NETNS \"\(path)\"", "")
            case .enterPod(let path): (.invalidNamespace, "invalid CNI_NETNS \"\(path)\"", "")
            case .forward: (.kernel, "cannot turn forwarding on", "")
            case .announce(let link): (.kernel, "cannot prepare gateway \(link)", "")
            case .relax(let link):
                (
                    .kernel, "cannot let Services reach pods in a VLAN of bridge \(link)",
                    "set net.ipv4.conf.\(link).rp_filter to 2"
                )
            case .enableIPv6(let link): (.kernel, "cannot turn IPv6 on for bridge \(link)", needOfIPv6)
            case .prepare(let interface, let needsIPv6):
                (.kernel, "cannot prepare interface \(interface)", needsIPv6 ? needOfIPv6 : "")
            case .routeLoopback(let interface, let value):
                (.kernel, "cannot set route_localnet of \(interface) to \(value)", needOfRouting)
            }
        self.init(code, message, details: error.withCure(cure))
    }

    static let needOfFolder = "\(AttachmentStore.standardFolder) must be writable for root"

    /// What CHECK finds otherwise than ADD made it.
    init(_ drift: [String], _ message: String) { self.init(.drifted, message, details: drift.joined(separator: "; ")) }

    /// A step that the kernel refused.
    init(_ error: NetlinkError) {
        self.init(
            .kernel, "cannot \(error.operation)", details: error.reason + (error.errno.cure.map { ": \($0)" } ?? ""))
    }

    init(_ error: LeaseError) {
        switch error {
        case .store(let error): self.init(error, .useLeases)
        case .held(let address, let attachment, let directory):
            self.init(
                .alreadyAttached,
                "\(address) has been allocated to \(attachment.containerID), duplicate allocation is not allowed",
                details: "\(directory)/\(address) names interface \(attachment.interfaceName) too: run DEL first")
        case .exhausted(let set, let directory):
            self.init(
                .poolExhausted, "no IP addresses available in range set: \(set)",
                details: "every address is leased in \(directory); delete unused pods, run GC, or give ipam.ranges a "
                    + "larger subnet")
        case .taken(let address, let set, let owner, let directory):
            let holder = owner.map {
                "container \($0.containerID)" + ($0.interfaceName.map { " interface \($0)" } ?? "")
            }
            self.init(
                .addressTaken, "requested IP address \(address) is not available in range set \(set)",
                details: "\(holder ?? "somebody") holds it, says \(directory)/\(address)")
        }
    }

    init(_ error: PodTableError) {
        switch error {
        case .store(let error) where error.errno == AttachmentStore.foreignFormat: self.init(error, .readRecords)
        case .store(let error):
            self.init(.inputOutput, "cannot record the attachment", details: error.withCure(Self.needOfFolder))
        case .kernel(let error):
            self.init(
                .kernel, "cannot \(error.operation)",
                details: "\(error.reason): nf_tables refused a change of the table fairway-cni"
                    + (error.errno.cure.map { "; \($0)" } ?? ""))
        case .newerFormat(let error):
            self.init(
                .kernel, "a newer release of Fairway has been at work on this node",
                details: "\(error); nothing was changed")
        case .portTaken(let conflict):
            let holder = conflict.holder
            self.init(
                .hostPortTaken, "host port \(conflict.port) is taken",
                details:
                    "container \(holder.containerID), interface \(holder.interfaceName) of network \(holder.network) has it: "
                    + "choose another hostPort, or remove that container")
        }
    }
}

extension Errno {
    /// What to do where the plugin itself lacks something, whatever it was about; nil for other errors.
    var cure: String? {
        switch self {
        case .notPermitted, .accessDenied: "the plugin needs CAP_NET_ADMIN and CAP_SYS_ADMIN: run it as root"
        case .tooManyOpenFiles: "raise the limit of open files (ulimit -n, LimitNOFILE= of the runtime's service)"
        case .tooManyFilesOfSystem: "raise the sysctl fs.file-max"
        default: nil
        }
    }
}

extension SystemError {
    /// The error with what to do about it: the cure of what the plugin itself lacks, else that of the step, if any.
    func withCure(_ cure: String) -> String {
        let cure = errno.cure ?? cure
        return cure.isEmpty ? "\(self)" : "\(self): \(cure)"
    }
}

extension NetlinkError {
    /// The errno in words, with the kernel's own sentence.
    fileprivate var reason: String { "\(errno)" + (kernelMessage.map { " (\($0))" } ?? "") }
}

extension VLANConfiguration {
    /// What of the kernel the keys need.
    package enum Feature {
        case filtering
        /// For the gateway, which is one.
        case devices
    }

    /// The error for a request that may need something of the kernel: code 2 with the key where it has not that.
    package func explained(_ error: NetlinkError, needing feature: Feature = .filtering) -> CNIError {
        guard isUsed, error.errno == .notSupported else { return CNIError(error) }
        let ranges = trunk.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        let key = access.map { "vlan \($0)" } ?? "vlanTrunk \(ranges.joined(separator: ","))"
        let (lack, cure) =
            switch feature {
            case .filtering:
                ("bridge VLAN filtering", "remove the key, or boot a kernel with CONFIG_BRIDGE_VLAN_FILTERING")
            case .devices:
                (
                    "VLAN devices, of which the gateway is one",
                    "run modprobe 8021q, and name it in /etc/modules-load.d; or set isGateway to false"
                )
            }
        return CNIError(
            .unsupportedField, "unsupported \(key): the kernel has no \(lack)", details: "\(error): \(cure)")
    }
}

/// Runs system calls, turning their error into the specification's.
func system<T: ~Copyable>(_ step: Step, _ body: () throws(SystemError) -> T) throws(CNIError) -> T {
    do throws(SystemError) { return try body() } catch { throw CNIError(error, step) }
}

/// Runs netlink calls, turning their error into the specification's.
func kernel<T>(_ body: () throws(NetlinkError) -> T) throws(CNIError) -> T {
    do throws(NetlinkError) { return try body() } catch { throw CNIError(error) }
}
