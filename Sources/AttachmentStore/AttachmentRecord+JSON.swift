import Attachments
import JSON
import NetworkTypes
import PodTables

extension AttachmentRecord {
    /// The records that this version writes, and those without a number, which are its predecessor's.
    private static let format = "1"

    /// The record as a line of JSON.
    var line: String { JSONValue.object(json).serialized + "\n" }

    private var json: JSONObject {
        JSONObject([
            "format": .number(Self.format), "network": .string(key.owner.network),
            "containerID": .string(key.owner.containerID), "interface": .string(key.owner.interfaceName),
            "role": key.role.isEmpty ? nil : .string(key.role),
            "dataDir": dataDirectory.map { .string($0) }, "addresses": .cidrs(demand.addresses),
            "ports": demand.ports.isEmpty ? nil : .array(demand.ports.map(\.json)),
            "clientNAT": demand.ports.isEmpty ? nil : .string(demand.clientNAT.rawValue),
            "onLoopback": demand.onLoopback ? .bool(true) : nil,
            "loopbackLinks": loopbackLinks.isEmpty ? nil : .array(loopbackLinks.map { .string($0) }),
            "masquerade": demand.masquerade?.json,
            "guardedMAC": demand.guardedMAC?.json, "withdrawn": isWithdrawn ? .bool(true) : nil,
            "order": .integer(order),
        ])
    }

    /// Reads a record.
    ///
    /// - Throws: `MalformedRecord` that names the key, or the format where it is not this version's.
    init(parsing bytes: [UInt8]) throws(MalformedRecord) {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw MalformedRecord("\(error)")
        }
        let object = try RecordObject(value)
        // First: another format may have other keys.
        switch object["format"] {
        case nil, .number(Self.format)?: break
        case .number(let digits)?:
            throw MalformedRecord(
                "the record is of format \(digits), and this fairway knows format \(Self.format): install the one that "
                    + "wrote it, or remove its container with that", isForeign: true)
        case let value?: throw MalformedRecord("format is \(value.kind)")
        }
        let owner = Attachment(
            network: try object.string("network"), containerID: try object.string("containerID"),
            interfaceName: try object.string("interface"))
        var demand = PodDemand(owner: owner, addresses: try object.cidrs("addresses"))
        for element in try object.array("ports") { demand.ports.append(try HostPort(RecordObject(element))) }
        if let text = try object.optionalString("clientNAT") {
            guard let clientNAT = ClientNAT(rawValue: text) else { throw MalformedRecord("clientNAT") }
            demand.clientNAT = clientNAT
        }
        demand.onLoopback = try object.flag("onLoopback")
        demand.masquerade = try object.object("masquerade").map { object throws(MalformedRecord) in
            Masquerade(
                network: try object.string("network"), subnets: try object.cidrs("subnets"),
                excluded: try object.cidrs("excluded"))
        }
        demand.guardedMAC = try object.object("guardedMAC").map { object throws(MalformedRecord) in
            guard let address = MACAddress(try object.string("mac")) else { throw MalformedRecord("mac") }
            return GuardedMAC(linkName: try object.string("link"), address: address)
        }
        var links: [String] = []
        for element in try object.array("loopbackLinks") {
            guard case .string(let name) = element else { throw MalformedRecord("loopbackLinks") }
            links.append(name)
        }
        self.init(
            demand, role: try object.optionalString("role") ?? "", dataDirectory: try object.optionalString("dataDir"),
            loopbackLinks: links)
        isWithdrawn = try object.flag("withdrawn")
        order = UInt64(try object.integer("order"))
    }
}

/// Why a record cannot be read.
struct MalformedRecord: Error {
    let reason: String
    /// Whether it is a record all the same, of a version that this one knows nothing of.
    let isForeign: Bool

    init(_ reason: String, isForeign: Bool = false) {
        self.reason = reason
        self.isForeign = isForeign
    }
}

extension JSONValue {
    fileprivate static func cidrs(_ cidrs: [CIDR]) -> JSONValue? {
        cidrs.isEmpty ? nil : .array(cidrs.map { .string($0.description) })
    }
}

extension HostPort {
    fileprivate var json: JSONValue {
        .object(
            JSONObject([
                "protocol": .string(proto.rawValue), "hostAddress": hostAddress.map { .string($0.description) },
                "hostPort": .integer(hostPort), "containerPort": .integer(containerPort),
            ]))
    }

    fileprivate init(_ object: RecordObject) throws(MalformedRecord) {
        guard let proto = TransportProtocol(rawValue: try object.string("protocol")),
            let hostPort = UInt16(exactly: try object.integer("hostPort")),
            let containerPort = UInt16(exactly: try object.integer("containerPort"))
        else { throw MalformedRecord("ports") }
        let address = try object.optionalString("hostAddress").map { text throws(MalformedRecord) in
            guard let address = IPAddress(text) else { throw MalformedRecord("hostAddress") }
            return address
        }
        self.init(proto, hostPort, to: containerPort, on: address)
    }
}

extension Masquerade {
    fileprivate var json: JSONValue {
        .object(
            JSONObject(["network": .string(network), "subnets": .cidrs(subnets), "excluded": .cidrs(excluded)]))
    }
}

extension GuardedMAC {
    fileprivate var json: JSONValue {
        .object(JSONObject(["link": .string(linkName), "mac": .string(address.description)]))
    }
}
