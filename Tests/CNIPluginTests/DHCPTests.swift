import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// Debian's dhcp plugin with its daemon on the node, and a DHCP server on the bridge's network.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct DHCPTests {
    @Test("A pod has its address and its route from a DHCP server, and gives the address back with DEL")
    func life() async throws {
        let network = try await DHCPNetwork()
        let node = network.delegate.node
        let pod = try node.makePod()
        let outcome = try await network.call("ADD", network.configuration, pod: pod)
        #expect(outcome.exitCode == 0, "\(outcome)")
        let added = try AddOutcome(outcome.output)
        let address = try #require(added.result.addresses.first?.address.address.description)
        #expect(address.hasPrefix("10.77.0.5"))
        #expect(try await pod.demand("ip", "route", "show", "default").contains("via 10.77.0.1"))
        // The lease is bound to the address that the pod keeps: it is renewed with it.
        let mac = try #require(added.result.interfaces[2].mac?.description)
        #expect(try node.interface(in: pod).mac?.description == mac)
        #expect(try await network.serverHasSaid("DHCPACK(eth0) \(address) \(mac)"))
        let server = try await EchoServer("server", in: network.serverSide)
        let answer = try await RunningProcess(
            EchoServer.program(), ["connect", "10.77.0.1", "8080", "--timeout", "5000"], in: pod
        ).outcome()
        #expect(answer.exitCode == 0, "\(answer)")
        withExtendedLifetime(server) {}
        let check = try await network.call("CHECK", added.previous(network.configuration), pod: pod)
        #expect(check.exitCode == 0, "\(check.output)")
        #expect(try await network.call("DEL", network.configuration, pod: pod).exitCode == 0)
        #expect(try await network.serverHasSaid("DHCPRELEASE(eth0) \(address) \(mac)"))
        #expect(try node.linkNames().allSatisfy { !$0.hasPrefix("veth") })
    }

    @Test("Without the daemon ADD fails with the plugin's words, and nothing is left")
    func noDaemon() async throws {
        let delegate = try DelegateNode("exit 0")
        let pod = try delegate.node.makePod()
        let configuration = """
            {"cniVersion":"1.0.0","name":"pods","type":"fairway","bridge":"cni0","ipam":{"type":"dhcp",\
            "daemonSocketPath":"\(delegate.programs)/dhcp.sock"}}
            """
        let error = try await delegate.failure("ADD", configuration, pod: pod.path)
        #expect(error.message.hasPrefix(#"plugin type="dhcp" failed (add): error dialing DHCP daemon"#), "\(error)")
        #expect(try delegate.node.linkNames().isEmpty && delegate.node.records().isEmpty)
    }
}
