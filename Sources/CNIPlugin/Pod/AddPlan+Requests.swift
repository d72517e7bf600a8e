package import AttachPlan
import Attachments
import CNIProtocol
import HostIPAM
import NetworkTypes
package import RouteNetlink

extension AddPlan {
    /// The batch for the node: the pair, then what the kernel does not take in the creating message.
    ///
    /// All but the first message name the new link by its number, so that none of them meets another link when the
    /// pair could not be made: the kernel goes on after a failure.
    ///
    /// - Parameters:
    ///   - index: a number that no link of the node has.
    ///   - peerNamespace: the descriptor of the pod's namespace.
    package func hostRequests(bridge: Link, index: Int32, peerNamespace: Int32) -> [RouteRequest] {
        var requests: [RouteRequest] = [
            .createLink(
                LinkSpecification(
                    name: hostLinkName,
                    kind: .veth(
                        VethPeer(name: attachment.interfaceName, mac: interfaceMAC, namespace: peerNamespace)),
                    mac: hostMAC, mtu: configuration.mtu, master: bridge.index, index: index)),
            .changeLink(
                .index(index),
                LinkChange(
                    alias: attachment.alias,
                    port: BridgePortOptions(
                        hairpin: configuration.hairpin, isIsolated: configuration.isPortIsolated))),
        ]
        requests += configuration.vlan.requests(port: index, bridge: bridge)
        if let bucket = toPod { requests.append(.setRootQueue(bucket, link: index)) }
        return requests
    }

    /// The first part of the batch for the pod's namespace: its links are up then.
    package func startRequests(link: Int32) -> [RouteRequest] {
        let loopback: Int32 = 1
        var requests: [RouteRequest] = [.changeLink(.index(loopback), LinkChange(isUp: true))]
        if let bucket = fromPod { requests.append(.setRootQueue(bucket, link: link)) }
        if !configuration.disablesContainerInterface {
            requests.append(.changeLink(.index(link), LinkChange(isUp: true)))
        }
        return requests
    }

    /// The second part, the addresses.
    ///
    /// Behind the link's start: IPv6 gives an address of a link that is down its subnet's route by a work queue, and a
    /// busy node comes to that after the routes through a gateway.
    package func addressRequests(link: Int32) -> [RouteRequest] {
        assignments.map { assignment in
            var address = LinkAddress(link: link, address: assignment.address)
            address.detectsDuplicates = configuration.detectsDuplicateAddresses
            return .addAddress(address)
        }
    }

    /// The routes through the pod's interface, which must be up, in the order of `routes`.
    package func routeRequests(link: Int32) -> [RouteRequest] {
        routes.map { .addRoute(kernelRoute($0, link: link)) }
    }

    /// What the bridge lacks; nil when it is as it is to be.
    package func bridgeChange(_ link: Link) -> LinkChange? {
        let becomesPromiscuous = configuration.isPromiscuous && !link.isPromiscuous
        let options = bridgeOptions
        // A bridge that has lost its last port has lost its MAC address.
        let mac = link.mac?.value == 0 ? bridgeMAC : nil
        guard !link.isUp || becomesPromiscuous || mac != nil || !options.isMet(by: link.bridge ?? BridgeOptions())
        else {
            return nil
        }
        return LinkChange(isUp: true, isPromiscuous: becomesPromiscuous ? true : nil, mac: mac, bridge: options)
    }

    /// The bridge where there is none.
    package var bridge: LinkSpecification {
        LinkSpecification(
            name: configuration.bridge, kind: .bridge(bridgeOptions), mac: bridgeMAC, mtu: configuration.mtu)
    }

    /// The switches that the bridge must have.
    package var bridgeOptions: BridgeOptions {
        // The bridge plugin leaves the bridge's own switches alone.
        let callsNetfilter = configuration.personality == .bridge ? nil : true
        return BridgeOptions(
            callsIPTables: callsNetfilter, callsIP6Tables: callsNetfilter,
            filtersVLANs: configuration.vlan.isUsed ? true : nil)
    }

    /// The kernel parameters of the pod's interface, below `/proc/sys`, with their values.
    package var podSwitches: [(path: String, value: String)] {
        let name = attachment.interfaceName
        var switches: [(path: String, value: String)] = []
        if hasIPv6 {
            switches += [("net/ipv6/conf/\(name)/accept_ra", "0"), ("net/ipv6/conf/\(name)/keep_addr_on_down", "1")]
            if configuration.detectsDuplicateAddresses {
                switches += [("net/ipv6/conf/\(name)/enhanced_dad", "1"), ("net/ipv6/conf/\(name)/accept_dad", "1")]
            }
        }
        if needsAnnouncement { switches += announcingSwitches(of: name, withIPv6: hasIPv6) }
        return switches
    }

    /// What shapes the traffic to the pod, on the node's end.
    package var toPod: TokenBucket? { configuration.bandwidth.ingress.map { TokenBucket($0, mtu: configuration.mtu) } }

    /// What shapes the traffic from the pod, on the pod's end.
    package var fromPod: TokenBucket? { configuration.bandwidth.egress.map { TokenBucket($0, mtu: configuration.mtu) } }

    private func kernelRoute(_ route: RouteConfiguration, link: Int32) -> Route {
        let gateway =
            route.gateway
            ?? (route.isOnLink
                ? nil : assignments.first { $0.address.family == route.destination.family }?.effectiveGateway)
        var result = Route(destination: route.destination, gateway: gateway, link: link)
        if let table = route.table { result.table = UInt32(clamping: table) }
        if let priority = route.priority { result.priority = UInt32(clamping: priority) }
        result.scope = route.scope.map { UInt8(clamping: $0) }
        result.mtu = route.mtu.map { UInt32(clamping: $0) }
        result.advertisedMSS = route.advertisedMSS.map { UInt32(clamping: $0) }
        return result
    }
}

extension VLANConfiguration {
    /// What makes a new port of a bridge carry the VLANs that the keys name.
    fileprivate func requests(port: Int32, bridge: Link) -> [RouteRequest] {
        guard isUsed else { return [] }
        var requests: [RouteRequest] = []
        // The kernel puts every new port into it; 0 is none.
        let standard = bridge.bridge?.defaultVLAN ?? 1
        if leavesDefault, standard != 0 {
            requests.append(.deleteVLANs(PortVLANs(link: port, [PortVLANs.Entry(standard...standard)])))
        }
        var entries: [PortVLANs.Entry] = []
        if let access = access.map({ UInt16(clamping: $0) }) {
            entries.append(PortVLANs.Entry(access...access, isPortVLAN: true, isUntagged: true))
        }
        for range in trunk {
            entries.append(PortVLANs.Entry(UInt16(clamping: range.lowerBound)...UInt16(clamping: range.upperBound)))
        }
        return requests + [.addVLANs(PortVLANs(link: port, entries))]
    }
}
