import AttachPlan
import CNIProtocol
import NetworkTypes
import Testing

/// Which addresses a gateway link is given and loses, from what it has.
@Suite struct GatewayAddressesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var personality = Personality.fairway
        var isForced = false
        let wanted: [String]
        let present: [String]
        /// Nil for the error.
        let change: (removed: [String], added: [String])?
        var testDescription: String { "\(personality) \(isForced ? "forced" : "") \(wanted) on \(present)" }
    }

    private static func cidrs(_ texts: [String]) -> [CIDR] { texts.compactMap { CIDR($0) } }

    private static func change(_ test: Case) throws -> GatewayAddresses {
        let text = #"{"cniVersion":"1.1.0","name":"pods","type":"bridge","forceAddress":\#(test.isForced)}"#
        let configuration = try PluginConfiguration(
            try NetworkConfiguration(parsing: Array(text.utf8)), test.personality, arguments: [:])
        return try GatewayAddresses(
            configuration, wanted: cidrs(test.wanted), present: cidrs(test.present), link: "cni0")
    }

    @Test(
        "Gateways join, replace or are refused",
        arguments: [
            Case(wanted: ["10.0.0.1/24"], present: [], change: ([], ["10.0.0.1/24"])),
            Case(wanted: ["10.0.0.1/24"], present: ["10.0.0.1/24", "fe80::1/64"], change: ([], [])),
            // What the bridge of a VLAN's gateway may have is in nobody's way.
            Case(
                personality: .bridge, wanted: ["10.0.0.1/24"], present: ["127.86.76.78/32"],
                change: ([], ["10.0.0.1/24"])),
            // Another IPv4 network: Fairway's networks share a bridge, upstream's do not.
            Case(wanted: ["10.0.0.1/24"], present: ["10.9.0.1/24"], change: ([], ["10.0.0.1/24"])),
            Case(personality: .bridge, wanted: ["10.0.0.1/24"], present: ["10.9.0.1/24"], change: nil),
            Case(
                isForced: true, wanted: ["10.0.0.1/24"], present: ["10.9.0.1/24"],
                change: (["10.9.0.1/24"], ["10.0.0.1/24"])),
            Case(
                personality: .bridge, isForced: true, wanted: ["10.0.0.1/24"], present: ["10.9.0.1/24"],
                change: (["10.9.0.1/24"], ["10.0.0.1/24"])),
            // An overlapping one is refused by both.
            Case(wanted: ["10.0.0.1/24"], present: ["10.0.0.254/24"], change: nil),
            Case(wanted: ["10.0.0.1/24"], present: ["10.0.0.1/16"], change: nil),
            Case(
                isForced: true, wanted: ["10.0.0.1/24"], present: ["10.0.0.1/16"],
                change: (["10.0.0.1/16"], ["10.0.0.1/24"])),
            Case(wanted: ["fd01::1/64"], present: ["fd01::2/64"], change: nil),
            Case(
                isForced: true, wanted: ["fd01::1/64"], present: ["fd01::2/64"],
                change: (["fd01::2/64"], ["fd01::1/64"])),
            // Disjoint IPv6 networks live beside each other under any name, forced or not.
            Case(
                personality: .bridge, wanted: ["fd01::1/64"], present: ["fd02::1/64"], change: ([], ["fd01::1/64"])),
            Case(
                personality: .bridge, isForced: true, wanted: ["fd01::1/64"], present: ["fd02::1/64", "fe80::1/64"],
                change: ([], ["fd01::1/64"])),
            // The gateways of one attachment do not stand in each other's way.
            Case(
                personality: .bridge, wanted: ["10.0.0.1/24", "10.1.0.1/24", "fd01::1/64"], present: ["10.1.0.1/24"],
                change: ([], ["10.0.0.1/24", "fd01::1/64"])),
            // One obstacle of two gateways goes once.
            Case(
                isForced: true, wanted: ["10.0.0.1/24", "10.0.1.1/24"], present: ["10.0.0.9/16"],
                change: (["10.0.0.9/16"], ["10.0.0.1/24", "10.0.1.1/24"])),
        ])
    func change(test: Case) throws {
        guard let wanted = test.change else {
            let error = #expect(throws: CNIError.self) { try Self.change(test) }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message == "\"cni0\" already has an IP address different from \(test.wanted[0])")
            #expect(error?.details.contains(test.present[0]) == true)
            #expect(error?.details.contains("forceAddress") == true)
            return
        }
        let change = try Self.change(test)
        #expect(change.removed.map(\.description) == wanted.removed)
        #expect(change.added.map(\.description) == wanted.added)
    }
}
