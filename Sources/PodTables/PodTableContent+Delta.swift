package import NFTables
import NetworkTypes

/// Single attachments beside tables that are intact: what changes, without a look at the others.
///
/// Both return nil where the fixed parts of the tables, or other attachments' rules, could change with it: then the
/// whole has to be compared.
extension PodTableContent {
    /// The transaction that adds an attachment's rules, and the census with them; the kernel refuses it where a host
    /// port is taken on the same address.
    ///
    /// - Parameter census: of all the others.
    package static func addition(
        of claims: PodClaims, to census: PodTableCensus
    ) -> (transaction: Transaction, census: PodTableCensus)? {
        let own = PodTableContent(unshared: [claims])
        guard own.conflicts.isEmpty, own.census.tables.keys.allSatisfy({ census.tables[$0] != nil }),
            own.census.loopback == 0 || census.loopback > 0,
            own.census.masquerades.keys.allSatisfy({ census.masquerades[$0] != nil }),
            claims.ports.allSatisfy({ $0.address != nil || census.specificPorts[$0.port.name] == nil })
        else { return nil }
        var sum = census
        sum.add(claims)
        sum.digest = census.digest &+ own.census.digest
        return (Transaction(own.elements.operations(Transaction.Operation.addElements)), sum)
    }

    /// The elements that exclude an attachment's host ports on specific addresses: the same ports on all addresses.
    package static func rivals(of claims: PodClaims) -> [(table: TableID, set: String, key: [UInt32])] {
        claims.ports.filter { $0.address != nil }.map { claim in
            let layout = TableLayout(family: TableFamily(claim.port.family), guardsLoopback: false)
            return (layout.table, TableLayout.hostPorts, .proto(claim.port.proto) + .port(claim.port.number))
        }
    }

    /// The transaction that removes attachments' rules, and the census without them.
    ///
    /// - Parameter census: of all, these among them.
    package static func removal(
        of claims: [PodClaims], from census: PodTableCensus
    ) -> (transaction: Transaction, census: PodTableCensus)? {
        var rest = census
        for claims in claims { rest.remove(claims) }
        let own = PodTableContent(unshared: claims)
        guard census.contested == 0, own.census.contested == 0, own.conflicts.isEmpty,
            rest.families == census.families, rest.masquerades.keys == census.masquerades.keys
        else { return nil }
        rest.digest = census.digest &- own.census.digest
        return (Transaction(own.elements.operations(Transaction.Operation.deleteElements)), rest)
    }
}
