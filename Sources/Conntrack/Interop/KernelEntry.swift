import CMNL
import LinuxSystem
import NetworkTypes

/// An entry with what the kernel needs to find just this one again.
struct KernelEntry {
    let entry: ConntrackEntry
    /// The attributes as they came: the original tuple, the id, and the zone where it has one.
    private let tuple: ArraySlice<UInt8>
    private let id: ArraySlice<UInt8>
    private let zone: ArraySlice<UInt8>?

    /// Reads a message; nil where it lacks what every entry has.
    init?(_ attributes: NetlinkAttributes) {
        var original: NetlinkAttribute?
        var reply: NetlinkAttribute?
        var id: ArraySlice<UInt8>?
        var zone: ArraySlice<UInt8>?
        for attribute in attributes {
            switch attribute.type {
            case number(CTA_TUPLE_ORIG): original = attribute
            case number(CTA_TUPLE_REPLY): reply = attribute
            case number(CTA_ID): id = attribute.value
            case number(CTA_ZONE): zone = attribute.value
            default: break
            }
        }
        guard let original, let reply, let id, let first = ConntrackEntry.Tuple(original.nested),
            let answer = ConntrackEntry.Tuple(reply.nested)
        else { return nil }
        entry = ConntrackEntry(original: first, reply: answer)
        tuple = original.value
        self.id = id
        self.zone = zone
    }

    /// The request to delete the entry.
    ///
    /// It always has a tuple: without one the kernel would take it for a request to delete all.
    func deletion(sequence: UInt32) -> [UInt8] {
        let writer = MessageWriter(
            number(IPCTNL_MSG_CT_DELETE), entry.original.source.family, flags: NLM_F_ACK, sequence: sequence)
        writer.put(number(CTA_TUPLE_ORIG) | Int(NLA_F_NESTED), tuple)
        writer.put(number(CTA_ID), id)
        if let zone { writer.put(number(CTA_ZONE), zone) }
        return writer.bytes
    }
}

extension ConntrackEntry.Tuple {
    /// Reads `enum ctattr_tuple`; nil where addresses or the protocol are missing.
    fileprivate init?(_ attributes: NetlinkAttributes) {
        var source: IPAddress?
        var destination: IPAddress?
        var proto: UInt8?
        var sourcePort: UInt16 = 0
        var destinationPort: UInt16 = 0
        for part in attributes {
            for attribute in part.nested {
                switch (part.type, attribute.type) {
                case (number(CTA_TUPLE_IP), number(CTA_IP_V4_SRC)), (number(CTA_TUPLE_IP), number(CTA_IP_V6_SRC)):
                    source = IPAddress(bytes: attribute.value)
                case (number(CTA_TUPLE_IP), number(CTA_IP_V4_DST)), (number(CTA_TUPLE_IP), number(CTA_IP_V6_DST)):
                    destination = IPAddress(bytes: attribute.value)
                case (number(CTA_TUPLE_PROTO), number(CTA_PROTO_NUM)): proto = attribute.value.first
                case (number(CTA_TUPLE_PROTO), number(CTA_PROTO_SRC_PORT)):
                    sourcePort = attribute.networkUInt16
                case (number(CTA_TUPLE_PROTO), number(CTA_PROTO_DST_PORT)):
                    destinationPort = attribute.networkUInt16
                default: break
                }
            }
        }
        guard let source, let destination, let proto else { return nil }
        self.init(from: source, sourcePort, to: destination, destinationPort, proto: proto)
    }
}

/// The number of a constant: the kernel headers' named enums import as structs.
func number(_ constant: some RawRepresentable<UInt32>) -> Int { Int(constant.rawValue) }
