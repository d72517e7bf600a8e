import AttachPlan
import Attachments
import CNIProtocol
import LinuxSystem
import RouteNetlink

extension Host {
    private static let pairAttempts = 8

    /// A number for a new link, above those that the kernel counts through; a link may have it all the same.
    static func freeIndex() -> Int32 { Int32.random(in: 0x0100_0000...0x01ff_ffff) }

    /// Makes the pair, its node's end on the bridge and shaped, in one exchange with the kernel.
    ///
    /// - Returns: the node's end as it is, whose `peer` is the pod's, and the bridge, which may follow its ports.
    /// - Throws: code 101 when either end exists. What was made is gone again then.
    mutating func makePair(_ plan: AddPlan, bridge: Link, pod: inout Pod) throws(CNIError)
        -> (hostLink: Link, bridge: Link)
    {
        let name = plan.hostLinkName
        for _ in 0..<Self.pairAttempts {
            let index = Self.freeIndex()
            let requests = plan.hostRequests(
                bridge: bridge, index: index, peerNamespace: pod.namespace.rawValue)
            let (outcomes, links): ([NetlinkError?], [Link?])
            do throws(NetlinkError) {
                (outcomes, links) = try socket.execute(requests, thenLookUp: [name, bridge.name])
            } catch {
                // The answer was lost; what was asked for may be done all the same.
                removePair(name, index)
                throw CNIError(error)
            }
            if let refusal = outcomes.first.flatMap(\.self) {
                if refusal.errno == .exchangeFull { throw Self.fullBridge(bridge.name, .kernel) }
                guard refusal.errno == .exists else { throw CNIError(refusal) }
                try pod.refuseExisting(plan.attachment, hostLink: links[0])
                // Neither name is taken, so it was the number.
                continue
            }
            if let failure = outcomes.compactMap(\.self).first {
                let error = plan.configuration.vlan.explained(failure)
                try kernel { () throws(NetlinkError) in try socket.execute(.deleteLink(.index(index))) }
                throw error
            }
            guard let link = links[0] else {
                throw CNIError(.kernel, "link \(name) vanished", details: "another program deletes it")
            }
            return (link, links[1] ?? bridge)
        }
        throw CNIError(.tryAgainLater, "no number is free for link \(name)")
    }

    /// Removes this execution's pair, which its number tells from another one's; DEL removes what stays.
    private mutating func removePair(_ name: String, _ index: Int32) {
        guard let link = try? socket.link(named: name), link.index == index else { return }
        try? socket.execute(.deleteLink(.index(index)))
    }
}

extension Pod {
    /// Says which of the pair's names the kernel has found taken.
    fileprivate mutating func refuseExisting(_ attachment: Attachment, hostLink: Link?) throws(CNIError) {
        if let hostLink { throw attachment.alreadyAttached(hostLink) }
        let name = attachment.interfaceName
        guard try kernel({ () throws(NetlinkError) in try socket.link(named: name) }) != nil else { return }
        throw CNIError(
            .alreadyAttached, "interface \(name) already exists in \(namespace.path)",
            details: "another network or plugin made it: choose another CNI_IFNAME or remove it")
    }
}

extension Attachment {
    /// The error for an attachment whose host end exists.
    func alreadyAttached(_ link: Link) -> CNIError {
        CNIError(
            .alreadyAttached,
            "container \(containerID) already has interface \(interfaceName) in network \(network)",
            details: "its host end \(link.name) exists (alias \"\(link.alias)\"): run DEL first")
    }
}
