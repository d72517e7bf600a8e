package import Attachments
package import NFTables
import NetworkTypes

/// The whole content of the tables `fairway-cni`, made of all attachments' rules.
///
/// It is a value without I/O. Whoever claimed a host port first has it; what others claim of it is left out.
package struct PodTableContent {
    /// The tables in which rules can be.
    package static let tableIDs = TableFamily.allCases.map { TableLayout(family: $0, guardsLoopback: false).table }

    /// The host ports that more than one attachment claims, in the order of their losers.
    package private(set) var conflicts: [PortConflict] = []
    package private(set) var census = PodTableCensus()
    var elements: [TableElement] = []
    /// What everybody wants, who claimed first first; empty where networks' masquerading is left out.
    private(set) var claims: [PodDemand] = []

    /// - Parameter claims: what everybody wants, who claimed first comes first.
    package init(_ claims: [PodDemand]) {
        self.init(unshared: claims.map(PodClaims.init))
        self.claims = claims
        let masqueraded = MasqueradeElements.of(Set(claims.compactMap(\.masquerade)))
        elements += masqueraded
        census.digest &+= masqueraded.digest
    }

    /// The rules without their networks' masquerading, which is the same for all pods of a network.
    init(unshared claims: [PodClaims]) {
        var owners: [TableElement.Place: Attachment] = [:]
        var ports = ClaimedPorts()
        for claimed in claims {
            let owner = claimed.demand.owner
            census.add(claimed)
            var own = claimed.demand.guardElements
            for claim in claimed.ports {
                if let holder = ports.take(claim, for: owner) {
                    conflicts.append(PortConflict(port: claim.mapping, claimant: owner, holder: holder))
                    census.contested += 1
                } else {
                    own += claim.elements
                }
            }
            for element in own {
                if let holder = owners.updateValue(owner, forKey: element.place) {
                    owners[element.place] = holder
                    if holder != owner { census.contested += 1 }
                } else {
                    elements.append(element)
                }
            }
        }
        census.digest = elements.digest
    }

    /// The tables that there should be, with their fixed parts.
    var layouts: [TableLayout] {
        census.families.map { TableLayout(family: $0, guardsLoopback: census.loopback > 0 && $0 == .ip) }
    }

    /// True when there should be no table.
    package var isEmpty: Bool { census.isEmpty }
}

/// A host port that an attachment cannot have because another one has it.
package struct PortConflict: Error, Sendable, Hashable {
    package let port: HostPort
    package let claimant: Attachment
    package let holder: Attachment

    package init(port: HostPort, claimant: Attachment, holder: Attachment) {
        self.port = port
        self.claimant = claimant
        self.holder = holder
    }
}

/// Who has which host port; a wildcard address and a specific one exclude each other, as with bind(2).
private struct ClaimedPorts {
    private var wildcards: [PortClaim.Port: Attachment] = [:]
    private var specific: [PortClaim.Port: [(address: IPAddress, owner: Attachment)]] = [:]

    /// Takes a port for an owner.
    ///
    /// - Returns: who has it already; nil when it was free.
    mutating func take(_ claim: PortClaim, for owner: Attachment) -> Attachment? {
        if let holder = wildcards[claim.port] { return holder }
        guard let address = claim.address else {
            if let holder = specific[claim.port]?.first?.owner { return holder }
            wildcards[claim.port] = owner
            return nil
        }
        if let holder = specific[claim.port]?.first(where: { $0.address == address })?.owner { return holder }
        specific[claim.port, default: []].append((address, owner))
        return nil
    }
}
