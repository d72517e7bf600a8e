import NFTables
import NetworkTypes

/// The sets and maps of one family's table.
///
/// The user data is what nft 1.0.6 writes for the same declarations; a key that ends in a random number lists and loads
/// only with its `typeof`.
struct TableLayout {
    let family: IPFamily
    /// All sets and maps, in the order in which they are made.
    let sets: [SetDeclaration]

    init(family: IPFamily) {
        self.family = family
        sets = Self.sets(of: family)
    }

    var table: TableID { TableID(family: family, name: "fairway") }

    static let services = "services"
    static let nodePorts = "node-ports"
    static let shapes = "shapes"
    static let endpoints = "endpoints"
    static let nodePortEndpoints = "node-port-endpoints"
    static let counted = "counted"
    static let countedNodePorts = "counted-node-ports"
    static let hairpin = "hairpin"

    /// nft's data types, `enum datatypes`.
    private enum DataType {
        static let ipv4Address: UInt32 = 7
        static let ipv6Address: UInt32 = 8
        static let protocolNumber: UInt32 = 12
        static let port: UInt32 = 13
        static let integer: UInt32 = 4
        static let classID: UInt32 = 23
    }

    private static func concatenation(_ types: UInt32...) -> UInt32 { types.reduce(0) { $0 << 6 | $1 } }

    private static func sets(of family: IPFamily) -> [SetDeclaration] {
        let address = family == .ipv4 ? DataType.ipv4Address : DataType.ipv6Address
        let addressLength = family.addressBytes
        let classID = SetDeclaration.Data.value(type: DataType.classID, length: 4)
        // The port is `th dport`: `tcp dport` would tie the map to TCP.
        let backendType = SetDeclaration.Data.value(
            type: Self.concatenation(address, DataType.port), length: addressLength + 4)
        let frontendKey = Self.concatenation(address, DataType.protocolNumber, DataType.port)
        let nodePortKey = Self.concatenation(DataType.protocolNumber, DataType.port)
        return [
            // map services { type ipv4_addr . inet_proto . inet_service : classid; }
            SetDeclaration(
                Self.services, keyType: frontendKey, keyLength: addressLength + 8, data: classID,
                userData: UserData.classIDMap),
            // map node-ports { type inet_proto . inet_service : classid; }
            SetDeclaration(
                Self.nodePorts, keyType: nodePortKey, keyLength: 8, data: classID, userData: UserData.classIDMap),
            // map shapes { type classid : verdict; }
            SetDeclaration(
                Self.shapes, keyType: DataType.classID, keyLength: 4, data: .verdict, userData: UserData.verdictMap),
            // map endpoints { typeof ip daddr . meta l4proto . th dport . numgen random mod 2 : ip daddr . th dport; }
            SetDeclaration(
                Self.endpoints, keyType: Self.concatenation(frontendKey, DataType.integer),
                keyLength: addressLength + 12, data: backendType, userData: UserData.endpoints(family)),
            // map node-port-endpoints { typeof meta l4proto . th dport . numgen random mod 2 : ip daddr . th dport; }
            SetDeclaration(
                Self.nodePortEndpoints, keyType: Self.concatenation(nodePortKey, DataType.integer), keyLength: 12,
                data: backendType, userData: UserData.nodePortEndpoints(family)),
            // set counted { type ipv4_addr . inet_proto . inet_service; counter; }
            SetDeclaration(
                Self.counted, keyType: frontendKey, keyLength: addressLength + 8, hasCounter: true,
                userData: UserData.set),
            // set counted-node-ports { type inet_proto . inet_service; counter; }
            SetDeclaration(
                Self.countedNodePorts, keyType: nodePortKey, keyLength: 8, hasCounter: true, userData: UserData.set),
            // set hairpin { type ipv4_addr . ipv4_addr; }
            SetDeclaration(
                Self.hairpin, keyType: Self.concatenation(address, address), keyLength: 2 * addressLength,
                userData: UserData.set),
        ]
    }

    /// The declaration of one of the table's own sets.
    func declaration(of name: String) -> SetDeclaration {
        sets.first { $0.name == name } ?? SetDeclaration(name, keyType: 0, keyLength: 4, userData: [])
    }
}
