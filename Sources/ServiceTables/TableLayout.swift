import NFTables
import NetworkTypes

/// The sets and maps of one family's table.
struct TableLayout {
    let family: IPFamily
    /// All sets and maps, in the order in which they are made.
    let sets: [SetDeclaration]

    init(family: IPFamily) {
        self.family = family
        sets = Self.sets(of: family)
    }

    var table: TableID { TableID(family: family, name: "fairway") }

    /// (address, protocol, port) -> shape.
    static let services = "services"
    /// The same of those whose sources are looked at first.
    static let checkedServices = "checked-services"
    /// (address, protocol, port) -> the shape of this node's backends, for outsiders.
    static let localServices = "local-services"
    /// (protocol, port) -> shape.
    static let nodePorts = "node-ports"
    /// (protocol, port) -> the shape of this node's backends, for outsiders.
    static let localNodePorts = "local-node-ports"
    /// shape -> chain.
    static let shapes = "shapes"
    /// The same for a frontend whose sources were looked at.
    static let checkedShapes = "checked-shapes"
    /// The same for outsiders.
    static let localShapes = "local-shapes"
    /// shape -> chain that comes back: how one of so many is chosen.
    static let choices = "choices"
    static let shapeMaps = [shapes, checkedShapes, localShapes, choices]
    /// (address, protocol, port, slot) -> (address, port).
    static let endpoints = "endpoints"
    /// (protocol, port, slot) -> (address, port).
    static let nodePortEndpoints = "node-port-endpoints"
    /// (address, protocol, port): connections are counted.
    static let counted = "counted"
    static let countedNodePorts = "counted-node-ports"
    /// (source, destination): this node's endpoints, each beside itself.
    static let hairpin = "hairpin"
    /// (source, source): who has just connected with an address of its own, for as long as a packet may take.
    static let recentSources = "recent-sources"
    /// (address, protocol, port, source): who may connect.
    static let sources = "sources"
    /// Addresses of Services: what no Service has there is refused.
    static let clusterIPs = "cluster-ips"
    /// Endpoints' addresses: what comes from there and fits no connection is dropped.
    static let endpointAddresses = "endpoint-addresses"
    /// Ranges from which cluster IPs are given out: the rest of them is dropped.
    static let serviceNetworks = "service-networks"
    /// Ranges of the node's addresses on which node ports answer.
    static let nodeAddresses = "node-addresses"
    /// Ranges of pods.
    static let localSources = "local-sources"

    /// id -> (address, port), for ports with affinity.
    static let stickyEndpoints = "sticky-endpoints"
    /// The same for this node's backends.
    static let stickyLocalEndpoints = "sticky-local-endpoints"
    /// (port's number, slot) -> id.
    static let stickySlots = "sticky-slots"
    /// (side, port's number) -> choice.
    static let stickyCounts = "sticky-counts"

    /// Where this node's backends begin among a frontend's slots.
    static let localSlots = 0x1_0000

    private static func sets(of family: IPFamily) -> [SetDeclaration] {
        let address: DataType = family == .ipv4 ? .ipv4Address : .ipv6Address
        let destination = TypeOf.destinationAddress(TableFamily(family))
        let frontend: [DataType] = [address, .protocolNumber, .port]
        let nodePort: [DataType] = [.protocolNumber, .port]
        // The port is `th dport`: `tcp dport` would tie the map to TCP. A key that ends in a random number lists and
        // loads only with its `typeof`.
        let backend = [destination, .destinationPort]
        let nodePortSlot: [TypeOf] = [.transportProtocol, .destinationPort, .random(modulus: 2)]
        return [
            SetDeclaration(services, type: frontend, data: [.classID]),
            SetDeclaration(checkedServices, type: frontend, data: [.classID]),
            SetDeclaration(localServices, type: frontend, data: [.classID]),
            SetDeclaration(nodePorts, type: nodePort, data: [.classID]),
            SetDeclaration(localNodePorts, type: nodePort, data: [.classID]),
            SetDeclaration(verdicts: shapes, type: [.classID]),
            SetDeclaration(verdicts: checkedShapes, type: [.classID]),
            SetDeclaration(verdicts: localShapes, type: [.classID]),
            SetDeclaration(endpoints, typeof: [destination] + nodePortSlot, data: backend),
            SetDeclaration(nodePortEndpoints, typeof: nodePortSlot, data: backend),
            SetDeclaration(verdicts: choices, type: [.classID]),
            SetDeclaration(stickySlots, type: [.classID], data: [.classID]),
            SetDeclaration(stickyCounts, type: [.classID], data: [.classID]),
            SetDeclaration(stickyEndpoints, typeof: [.priority], data: backend),
            SetDeclaration(stickyLocalEndpoints, typeof: [.priority], data: backend),
            SetDeclaration(counted, type: frontend, hasCounter: true),
            SetDeclaration(countedNodePorts, type: nodePort, hasCounter: true),
            SetDeclaration(hairpin, type: [address, address]),
            SetDeclaration(dynamic: recentSources, type: [address, address]),
            SetDeclaration(sources, type: frontend + [address], isInterval: true),
            SetDeclaration(clusterIPs, type: [address]),
            SetDeclaration(endpointAddresses, type: [address]),
            SetDeclaration(serviceNetworks, type: [address], isInterval: true),
            SetDeclaration(nodeAddresses, type: [address], isInterval: true),
            SetDeclaration(localSources, type: [address], isInterval: true),
        ]
    }

    /// The declaration of one of the table's own sets.
    func declaration(of name: String) -> SetDeclaration {
        sets.first { $0.name == name } ?? SetDeclaration(name, keyType: 0, keyLength: 4, userData: [])
    }
}
