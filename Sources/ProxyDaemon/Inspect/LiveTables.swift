import LinuxSystem
import NFTables
import NetworkTypes
import RouteNetlink
import ServiceTables

/// The tables as the kernel has them now, asked element by element.
final class LiveTables {
    private var connection: NFTConnection
    private var routes: RouteSocket
    private let own: Set<IPAddress>
    private let closed: [ClosedChain]
    private var tables: [TableID: TableSnapshot] = [:]
    private var links: [IPAddress: String] = [:]

    init() throws {
        connection = try NFTConnection()
        routes = try RouteSocket()
        own = try RouteSocket.ownAddresses()
        closed = try connection.closedChains(except: FirewallWatch.isOwn)
    }

    /// What becomes of a connection's first packet.
    ///
    /// - Throws: also where Fairway has no table for the family.
    func explain(_ flow: Flow) throws -> Explanation {
        let id = ServiceListing.table(flow.source.family)
        let table = try structure(of: id)
        let isOwn: (IPAddress) -> Bool = { [own] in own.contains($0) || $0.isLoopback }
        let node = Explanation.Node(
            isOwn: isOwn, link: { [self] in link(towards: $0) },
            sourceTowards: { [self] in (try? routes.path(to: $0))?.source },
            closed: closed.filter { $0.sees(flow.source.family) })
        let walk = RuleWalk<NetlinkError>(table, isOwn: isOwn) { [self] set, key throws(NetlinkError) in
            try connection.element(key, of: set, in: id)
        }
        return try Explanation(flow, table, node, walk)
    }

    private func structure(of id: TableID) throws -> TableSnapshot {
        if let known = tables[id] { return known }
        guard let table = try connection.dump(id, elementsOf: { _ in false }) else {
            throw ConfigurationError(
                "there is no table \(id) in this network namespace: fairway-proxy has not run here, or was cleaned up")
        }
        tables[id] = table
        return table
    }

    private func link(towards address: IPAddress) -> String {
        if let known = links[address] { return known }
        let path = try? routes.path(to: address)
        let name = path.flatMap { try? routes.link(at: $0.link)?.name } ?? ""
        links[address] = name
        return name
    }
}
