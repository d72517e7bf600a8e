package import Allocations
import ArgumentParser
import NetworkTypes

/// What the daemon gives out to Services, and where it remembers that.
package struct AllocationSettings: Sendable, Hashable {
    package var ranges: AllocationRanges
    package var stateFile: String

    package static let defaultStateFile = "/var/lib/fairway-proxy/allocations.jsonl"

    package init(ranges: AllocationRanges = AllocationRanges(), stateFile: String = defaultStateFile) {
        self.ranges = ranges
        self.stateFile = stateFile
    }
}

/// The options that let the daemon do what an API server and a cloud do otherwise.
struct AllocationOptions: ParsableArguments {
    @Flag(
        help: """
            Give cluster IPs out of --service-cidr, and node ports, to Services that name none, as an API server would.
            """)
    var allocate = false

    @Option(help: ArgumentHelp("The node ports that --allocate gives out.", valueName: "FIRST-LAST"))
    var serviceNodePortRange = "30000-32767"

    @Option(
        help: ArgumentHelp(
            """
            Give addresses of these networks, separated by commas, to Services of type LoadBalancer without an IP in \
            their status, unless they have a loadBalancerClass.
            """, valueName: "CIDR[,CIDR]"))
    var allocateLoadBalancer: String?

    @Option(
        help: ArgumentHelp(
            "Where it is remembered what was given out: a line of JSON for each.", valueName: "FILE"))
    var allocationState = AllocationSettings.defaultStateFile

    /// - Parameter serviceCIDRs: what `--service-cidr` says.
    /// - Throws: `ConfigurationError` that names the option and the cure.
    func settings(serviceCIDRs: [CIDR]) throws(ConfigurationError) -> AllocationSettings {
        var ranges = AllocationRanges()
        if allocate {
            guard !serviceCIDRs.isEmpty else {
                throw ConfigurationError(
                    "--allocate needs --service-cidr: the networks to give cluster IPs out of, such as 10.96.0.0/16")
            }
            ranges.clusterIPs = serviceCIDRs
            ranges.nodePorts = try nodePorts()
        }
        if let allocateLoadBalancer {
            ranges.loadBalancerIPs = try Networks.parse(allocateLoadBalancer, option: "--allocate-load-balancer")
        }
        if !ranges.isEmpty { try Self.demandApart(serviceCIDRs, ranges.loadBalancerIPs) }
        guard allocationState.hasPrefix("/") else {
            throw ConfigurationError("--allocation-state: \"\(allocationState)\" is no absolute path")
        }
        return AllocationSettings(ranges: ranges, stateFile: allocationState)
    }

    /// - Throws: where they ask for what an API server does already.
    func demandUnused() throws(ConfigurationError) {
        if allocate || allocateLoadBalancer != nil {
            throw ConfigurationError(
                "\(allocate ? "--allocate" : "--allocate-load-balancer") goes with --manifests only: an API server gives Services their addresses and ports itself"
            )
        }
    }

    private func nodePorts() throws(ConfigurationError) -> ClosedRange<UInt16> {
        let parts = serviceNodePortRange.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard parts.count == 2, let first = parts[0], let last = parts[1], first > 0, first <= last else {
            throw ConfigurationError(
                "--service-node-port-range: \"\(serviceNodePortRange)\" is no range of ports such as 30000-32767")
        }
        return first...last
    }

    /// No address may be given out twice, nor be a load balancer's that is dropped as an unused cluster IP.
    private static func demandApart(_ clusterIPs: [CIDR], _ balanced: [CIDR]) throws(ConfigurationError) {
        let all = clusterIPs.map { ($0, "--service-cidr") } + balanced.map { ($0, "--allocate-load-balancer") }
        for (index, (network, option)) in all.enumerated() {
            for (other, otherOption) in all[..<index] where network.overlaps(other) {
                throw ConfigurationError(
                    "\(option): \(network) and \(other) of \(otherOption) share addresses; give networks that do not")
            }
        }
    }
}
