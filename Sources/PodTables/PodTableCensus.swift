import Attachments
package import NFTables
import NetworkTypes

/// What of a ruleset has to be known to add or remove one attachment's rules without looking at all the others'.
package struct PodTableCensus: Sendable, Hashable {
    /// How many attachments need each family's table.
    package var tables: [TableFamily: Int] = [:]
    /// How many have host ports on 127.0.0.1.
    package var loopback = 0
    /// How many each network's masquerading has, by its description.
    package var masquerades: [String: Int] = [:]
    /// How often each port is mapped on specific addresses, by family, protocol and number: `ip tcp 80`.
    package var specificPorts: [String: Int] = [:]
    /// How many host ports and elements are claimed by an attachment that is not served because another one is.
    package var contested = 0

    /// The sum of all elements' digests.
    package var digest: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { tables.isEmpty }

    /// The families that need a table, in the order of their numbers.
    package var families: [TableFamily] { tables.keys.sorted { $0.rawValue < $1.rawValue } }

    mutating func add(_ claims: PodClaims) { count(claims, 1) }

    mutating func remove(_ claims: PodClaims) { count(claims, -1) }

    private mutating func count(_ claims: PodClaims, _ step: Int) {
        let needs = claims.needs
        for family in needs.tables { tables.count(family, step) }
        for port in needs.specificPorts { specificPorts.count(port, step) }
        if let masquerade = needs.masquerade { masquerades.count(masquerade, step) }
        if needs.loopback { loopback += step }
    }
}

extension [String: Int] {
    fileprivate mutating func count(_ key: String, _ step: Int) {
        let sum = self[key, default: 0] + step
        self[key] = sum == 0 ? nil : sum
    }
}

extension [TableFamily: Int] {
    fileprivate mutating func count(_ key: TableFamily, _ step: Int) {
        let sum = self[key, default: 0] + step
        self[key] = sum == 0 ? nil : sum
    }
}

extension PodClaims {
    /// What one attachment counts for.
    fileprivate struct Needs {
        var tables: Set<TableFamily> = []
        var loopback = false
        var masquerade: String?
        var specificPorts: [String] = []
    }

    fileprivate var needs: Needs {
        var needs = Needs()
        for claim in ports {
            needs.tables.insert(TableFamily(claim.port.family))
            if claim.address != nil { needs.specificPorts.append(claim.port.name) }
        }
        needs.loopback = demand.onLoopback && needs.tables.contains(.ip)
        if let masquerade = demand.masquerade {
            needs.masquerade = masquerade.description
            needs.tables.formUnion(masquerade.subnets.map { TableFamily($0.family) })
        }
        if demand.guardedMAC != nil { needs.tables.insert(.bridge) }
        return needs
    }
}

extension PortClaim.Port {
    /// The port's name in a census: `ip tcp 80`.
    var name: String { "\(TableFamily(family)) \(proto.rawValue.lowercased()) \(number)" }
}
