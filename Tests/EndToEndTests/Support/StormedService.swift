import Lab
import LinuxSystem
import NFTables
import NetworkTypes
import TestSupport

/// A UDP Service whose endpoints change between two and three while a flood of new flows comes from a pod.
struct StormedService: Sendable {
    let cluster: Cluster
    let family: IPFamily

    static let port: UInt16 = 80
    private static let name = "storm"

    var node: Node { cluster.lab.nodes[0] }
    var table: String { family == .ipv4 ? "ip" : "ip6" }
    private var address: String { family == .ipv4 ? "10.96.2.10" : "fd00:10:96::210" }

    func target() throws -> IPAddress {
        guard let target = IPAddress(address) else { throw LabError("no address of \(family.rawValue)") }
        return target
    }

    /// Writes the Service, with three endpoints, and two others that keep both shapes in use.
    func writeServices() throws {
        try cluster.lab.writeManifest(
            "storm.json",
            [
                Manifests.service(Self.name, clusterIPs: [address], ports: [.init("x", .udp, Self.port)]),
                Manifests.service("two", clusterIPs: ["10.96.2.12"], ports: [.init("x", .udp, Self.port)]),
                Manifests.service("three", clusterIPs: ["10.96.2.13"], ports: [.init("x", .udp, Self.port)]),
            ] + slices("two", 2) + slices("three", 3))
        try write(3)
    }

    /// Gives the Service so many endpoints, for a daemon to see.
    func write(_ endpoints: Int) throws {
        try cluster.lab.writeManifest("storm-slices.json", slices(Self.name, endpoints))
    }

    private func slices(_ service: String, _ endpoints: Int) -> [JSONTree] {
        Manifests.slices(
            of: service, ports: [.init("x", .udp, 8080)], pods: Array(cluster.backends.prefix(endpoints)))
    }

    /// Begins the flood, as many packets as the client can send up to 250,000 a second.
    func flood(seconds: Int) throws -> BackgroundProcess {
        guard let source = cluster.client.addresses.first(family) else {
            throw LabError("no address of \(family.rawValue)")
        }
        return try cluster.client.namespace.start(
            [
                cluster.lab.programs.lab, "storm", address, "\(Self.port)", "--from", "\(source)", "--rate", "250000",
                "--seconds", "\(seconds)",
            ], log: "storm")
    }

    /// The daemon's transactions for the third endpoint's end and return, for when no daemon runs.
    func changesByHand(_ connection: inout NFTConnection) throws -> (shrink: Transaction, grow: Transaction) {
        let table = TableID(family: family, name: "fairway")
        guard let snapshot = try connection.dump(table), let services = snapshot.sets["services"]?.declaration,
            let endpoints = snapshot.sets["endpoints"]
        else { throw LabError("no table \(table)") }
        let key: [UInt32] = .address(try target()) + .proto(.udp) + .port(Self.port)
        guard
            let index = (0..<endpoints.elements.count).first(where: { endpoints.elements.key($0) == (key + [2])[...] })
        else { throw LabError("no third endpoint") }
        var slot = Elements(of: endpoints.declaration)
        slot.append(key: key + [2], data: Array(endpoints.elements.data(index)))
        func shape(_ count: UInt32) -> Elements {
            var elements = Elements(of: services)
            elements.append(key: key, data: [1 << 16 | count])
            return elements
        }
        return (
            Transaction([
                .deleteElements(table, set: "endpoints", slot), .deleteElements(table, set: "services", shape(3)),
                .addElements(table, set: "services", shape(2)),
            ]),
            Transaction([
                .deleteElements(table, set: "services", shape(2)), .addElements(table, set: "endpoints", slot),
                .addElements(table, set: "services", shape(3)),
            ])
        )
    }

    /// A transaction that deletes the Service's frontend and adds it again.
    ///
    /// When it takes effect the old element ends first, and the new one is made valid last: others that are renewed as well
    /// keep these two apart for long enough that a lookup which is under way then often comes between them.
    func renewal(_ connection: inout NFTConnection) throws -> Transaction {
        let table = TableID(family: family, name: "fairway")
        guard let services = try connection.dump(table)?.sets["services"]?.declaration else {
            throw LabError("no table \(table)")
        }
        func add(_ ports: some Sequence<UInt16>, to elements: inout Elements) throws {
            for port in ports {
                elements.append(key: .address(try target()) + .proto(.udp) + .port(port), data: [1 << 16 | 3])
            }
        }
        let others = Self.port + 1...Self.port + 100
        var (bystanders, ending, beginning) = (Elements(of: services), Elements(of: services), Elements(of: services))
        try add(others, to: &bystanders)
        try connection.commit(Transaction([.addElements(table, set: "services", bystanders)]))
        try add([Self.port] + others, to: &ending)
        try add(others + [Self.port], to: &beginning)
        return Transaction([
            .deleteElements(table, set: "services", ending), .addElements(table, set: "services", beginning),
        ])
    }

    /// Deletes rules of the Service's table.
    ///
    /// - Parameter isWanted: of a chain's name, and a rule as it is listed.
    func removeRules(where isWanted: (_ chain: String, _ rule: String) -> Bool) throws {
        let listing = try node.namespace.check(["nft", "-a", "list", "table", table, "fairway"])
        var chain = ""
        var deletions: [String] = []
        for line in listing.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.first == "\tchain" { chain = words[1] }
            // What has no handle is no rule.
            guard words.count > 3, words[words.count - 2] == "handle", let handle = words.last else { continue }
            let rule = words.dropLast(3).joined(separator: " ")
            if isWanted(chain, rule) {
                deletions.append("delete rule \(table) fairway \(chain) handle \(handle)")
            }
        }
        guard !deletions.isEmpty else { throw LabError("no rule to delete in \(listing)") }
        try node.namespace.nft(deletions.joined(separator: "\n"))
    }
}
