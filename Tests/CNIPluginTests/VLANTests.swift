import AttachPlan
import Attachments
import CNIPlugin
import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// The plan for a pod of a VLAN.
private func plan(_ keys: String, hasAddresses: Bool = true) throws -> AddPlan {
    let text = #"{"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"br0"\#(keys)}"#
    let configuration = try PluginConfiguration(
        try NetworkConfiguration(parsing: Array(text.utf8)), arguments: [:])
    let address = try #require(CIDR("10.85.0.2/24"))
    return AddPlan(
        configuration,
        of: Attachment(network: "pods", containerID: "c1", interfaceName: "eth0"),
        allocation: Allocation(
            hasAddresses ? [Allocation.Assignment(address: address, gateway: IPAddress("10.85.0.1"))] : []))
}

private func bridge(defaultVLAN: UInt16? = 1, filters: Bool = true) -> Link {
    var link = Link(index: 7)
    link.name = "br0"
    link.isUp = true
    link.mtu = 1450
    link.bridge = BridgeOptions(
        callsIPTables: true, callsIP6Tables: true, filtersVLANs: filters, defaultVLAN: defaultVLAN)
    return link
}

@Suite struct VLANTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let keys: String
        var defaultVLAN: UInt16? = 1
        let words: [String]
        var testDescription: String { keys }
    }

    @Test(
        "A port gets its access VLAN untagged and its trunk tagged, and loses the default one when asked to",
        arguments: [
            Case(keys: "", words: []),
            Case(keys: #","vlan":0"#, words: []),
            Case(keys: #","vlan":100"#, words: ["delete VLAN 1 of link 99", "add VLAN 100 of link 99"]),
            Case(keys: #","vlan":100,"preserveDefaultVlan":true"#, words: ["add VLAN 100 of link 99"]),
            Case(
                keys: #","vlanTrunk":[{"id":101}],"preserveDefaultVlan":false"#,
                words: ["add VLAN 101 of link 99"]),
            Case(
                keys: #","vlan":100,"preserveDefaultVlan":false"#,
                words: ["delete VLAN 1 of link 99", "add VLAN 100 of link 99"]),
            Case(
                keys: #","vlan":100,"preserveDefaultVlan":false"#, defaultVLAN: 5,
                words: ["delete VLAN 5 of link 99", "add VLAN 100 of link 99"]),
            Case(keys: #","vlan":100,"preserveDefaultVlan":false"#, defaultVLAN: 0, words: ["add VLAN 100 of link 99"]),
            Case(
                keys: #","vlanTrunk":[{"id":101},{"minID":200,"maxID":210}]"#,
                words: ["add VLAN 101, 200...210 of link 99"]),
            Case(
                keys: #","vlan":100,"vlanTrunk":[{"minID":200,"maxID":210,"id":5}],"preserveDefaultVlan":false"#,
                words: ["delete VLAN 1 of link 99", "add VLAN 100, 200...210, 5 of link 99"]),
        ])
    func port(test: Case) throws {
        let plan = try plan(test.keys)
        let requests = plan.hostRequests(
            bridge: bridge(defaultVLAN: test.defaultVLAN), index: 99, peerNamespace: 3)
        #expect(requests.dropFirst(2).map(\.description) == test.words)
        #expect(plan.bridgeOptions.filtersVLANs == (test.words.isEmpty ? nil : true))
        guard case .addVLANs(let vlans) = requests.last else { return }
        let isAccess = test.keys.contains(#""vlan":100"#)
        #expect(vlans.entries.map(\.isPortVLAN) == vlans.entries.indices.map { $0 == 0 && isAccess })
        #expect(vlans.entries.map(\.isUntagged) == vlans.entries.map(\.isPortVLAN))
    }

    @Test("A bridge that exists is told to filter, once")
    func existingBridge() throws {
        let plan = try plan(#","vlan":100"#)
        #expect(plan.bridgeChange(bridge()) == nil)
        #expect(plan.bridgeChange(bridge(filters: false))?.bridge?.filtersVLANs == true)
        #expect(try VLANTests.plan0().bridgeChange(bridge(filters: false)) == nil)
    }

    private static func plan0() throws -> AddPlan { try plan("") }

    @Test("Pods with addresses in a VLAN have their gateway on a VLAN device of the bridge, made down and then named")
    func gateway() throws {
        let plan = try plan(#","vlan":100,"preserveDefaultVlan":false,"vlanTrunk":[{"id":5}]"#)
        let draft = plan.gatewayDraft(of: 100, bridge: bridge())
        #expect(draft.kind == .vlan(100) && draft.lower == 7 && !draft.isUp)
        // The bridge's MAC address and MTU.
        #expect(draft.mac == nil && draft.mtu == nil && plan.bridgeMAC.description == "0a:58:0a:55:00:01")
        #expect(draft.name.utf8.count == 15 && draft.name.hasPrefix("veth") && draft.name != plan.hostLinkName)
        #expect(
            plan.carry(100, bridge: bridge())
                == .addVLANs(PortVLANs(link: 7, [PortVLANs.Entry(100...100)], isBridgeItself: true)))
        let made = plan.gatewayRequests(Link(index: 98), inPlaceOf: nil, moved: [], bridge: bridge())
        #expect(made.map(\.description) == ["change link 98: the name br0.100, up"])
        func interface(_ name: String) -> AddResult.Interface { AddResult.Interface(name: name, mac: nil) }
        let result = plan.result(
            bridge: interface("br0"), hostLink: interface("veth"), gateway: interface("br0.100"), routes: [],
            sandbox: "/x",
            dns: DNSConfiguration())
        #expect(result.interfaces.count == 4 && result.interfaces[3].name == "br0.100")
        #expect(result.addresses.map(\.interface) == [2])
    }

    @Test("An older gateway's veth goes before its name and its addresses move, and then these are announced")
    func oldGateway() throws {
        let plan = try plan(#","vlan":100"#)
        let moved = try ["10.85.0.1/24", "fd85::1/64"].map { try #require(CIDR($0)) }
        var bridge = bridge()
        bridge.mac = MACAddress("0e:00:00:00:00:01")
        func words(_ link: Link) -> [String] {
            plan.gatewayRequests(link, inPlaceOf: Link(index: 5), moved: moved, bridge: bridge).map(\.description)
        }
        #expect(
            words(Link(index: 98)) == [
                "change link 7: MAC address", "delete link 5", "change link 98: the name br0.100, up",
                "add the address 10.85.0.1/24 to link 98",
                "add the address fd85::1/64 to link 98", "change link 98: MAC address",
            ])
        // Where the VLAN is the bridge's own untagged one.
        #expect(
            words(bridge) == [
                "change link 7: MAC address", "delete link 5", "add the address 10.85.0.1/24 to link 7",
                "add the address fd85::1/64 to link 7", "change link 7: MAC address",
            ])
    }

    @Test("A gateway that is there gets back what it lacks, and nothing else")
    func repairs() throws {
        let plan = try plan(#","vlan":100"#)
        var bridge = bridge()
        bridge.mac = MACAddress("0e:00:00:00:00:01")
        var gateway = Link(index: 98)
        (gateway.isUp, gateway.mac) = (true, bridge.mac)
        func words(isCarried: Bool = true) -> [String] {
            plan.gatewayRepairs(of: gateway, isCarried: isCarried, bridge: bridge).map(\.description)
        }
        #expect(words() == [])
        #expect(words(isCarried: false) == ["add VLAN 100 of link 7"])
        gateway.isUp = false
        #expect(words() == ["change link 98: up"])
        // With another MAC address than the bridge's nothing is masqueraded.
        gateway.mac = MACAddress("0e:00:00:00:00:02")
        #expect(words() == ["change link 98: up, MAC address"])
    }

    @Test(
        "Keys out of range, and a gateway whose name would be too long, are errors that name the key",
        arguments: [
            (#","vlan":4095"#, "vlan"), (#","vlan":-1"#, "vlan"), (#","vlanTrunk":[{"id":0}]"#, "vlanTrunk[0].id"),
            (#","vlanTrunk":[{"id":4095}]"#, "vlanTrunk[0].id"), (#","vlanTrunk":[{}]"#, "vlanTrunk[0]"),
            (#","vlanTrunk":[{"minID":0,"maxID":5}]"#, "vlanTrunk[0].minID"),
            (#","vlanTrunk":[{"minID":5}]"#, "vlanTrunk[0].maxID"),
            (#","vlanTrunk":[{"maxID":5}]"#, "vlanTrunk[0].minID"),
            (#","vlanTrunk":[{"id":1},{"minID":7,"maxID":6}]"#, "vlanTrunk[1].minID"),
            (#","bridge":"abcdefghijkl","vlan":100"#, "vlan"),
        ])
    func invalid(keys: String, words: String) {
        let error = #expect(throws: CNIError.self) { try plan(keys) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("invalid \(words)") == true, "\(error?.message ?? "")")
    }

    @Test("Where the kernel has no VLAN devices the error names the key, its value and the cure")
    func withoutDevices() throws {
        let vlan = try plan(#","vlan":100"#).configuration.vlan
        let refusal = NetlinkError(
            .route, "create the vlan br0.100", .notSupported, kernelMessage: "Unknown device type")
        let error = vlan.explained(refusal, needing: .devices)
        #expect(error.code == .unsupportedField)
        #expect(error.message == "unsupported vlan 100: the kernel has no VLAN devices, of which the gateway is one")
        #expect(error.details.contains("Unknown device type") && error.details.contains("modprobe 8021q"))
    }

    @Test(
        "Where the kernel cannot filter VLANs the error names the key, its value and the cure",
        .enabled(if: Root.isAvailable, "\(Root.explanation)"),
        arguments: [
            (#","vlan":100"#, "unsupported vlan 100"),
            (#","vlanTrunk":[{"id":101},{"minID":200,"maxID":210}]"#, "unsupported vlanTrunk 101,200-210"),
        ])
    func unsupported(keys: String, words: String) async throws {
        for existing in [false, true] {
            let node = try PluginNode()
            let filter = try await node.namespace.run("ip", "link", "add", "x", "type", "bridge", "vlan_filtering", "1")
            // A kernel that can is another test's concern.
            guard filter.exitCode != 0 else { return }
            if existing { try await node.namespace.demand("ip", "link", "add", "cni0", "type", "bridge") }
            let error = try await node.failure(
                "ADD", node.configuration(keys: keys), pod: try node.makePod().path)
            #expect(error.code == 2)
            #expect(error.message == "\(words): the kernel has no bridge VLAN filtering")
            #expect(error.details.contains("CONFIG_BRIDGE_VLAN_FILTERING"))
            #expect(node.leases().isEmpty)
            #expect(try node.linkNames() == (existing ? ["cni0"] : []))
        }
    }
}
