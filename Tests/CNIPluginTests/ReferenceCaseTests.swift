import AttachPlan
import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// Cases of the reference implementation's tests that a pod network of any kind must pass.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct ReferenceCaseTests {
    /// Who gives the addresses.
    enum Source: String, CaseIterable, Sendable {
        case fairway
        /// Fairway under the name `bridge`, with an untouched configuration.
        case bridge
        /// Debian's `host-local`, executed by Fairway.
        case delegated
    }

    @Test(
        "Add and del with host-local: the address is in the pod; DEL succeeds, again, and with the namespace gone",
        arguments: Source.allCases, SpecVersion.allCases)
    func addAndDelete(source: Source, version: SpecVersion) async throws {
        let delegate = try DelegateNode("exit 0")
        let node = delegate.node
        let program = source == .bridge ? try node.plugin(named: "bridge") : node.plugin
        try systemCall("link leases") { unsafe symlink(LeaseNode.upstream, "\(delegate.programs)/leases") }
        // Debian's knows the versions up to 1.0.0.
        let text = source == .delegated ? min(version, .v1_0_0).rawValue : version.rawValue
        let configuration = node.configuration(
            version: text, ipam: #","type":"\#(source == .delegated ? "leases" : "host-local")""#,
            keys: #","isDefaultGateway":true"#)
        func run(_ command: String, pod: String) async throws -> ProcessOutcome {
            try await node.start(
                command, configuration, pod: pod, variables: delegate.variables, program: program
            ).outcome()
        }
        func demandNothing() throws {
            #expect(node.leases().isEmpty)
            #expect(try node.linkNames() == ["cni0"])
        }
        for isGone in [false, true] {
            var pod: NetNS? = try NetNS()
            let path = try #require(pod).path
            let added = try await run("ADD", pod: path)
            try #require(added.exitCode == 0, "\(added.output)")
            let addresses = try AddOutcome(added.output).result.addresses.map(\.address.description)
            #expect(addresses.count == 2)
            #expect(try node.addresses(of: "eth0", in: try #require(pod)) == addresses.sorted())
            #expect(node.leases().count == 2)
            if isGone { pod = nil }
            for _ in 0..<2 {
                let deleted = try await run("DEL", pod: isGone ? "/run/netns/fairway-gone" : path)
                #expect(deleted.exitCode == 0 && deleted.output.isEmpty, "\(deleted)")
                try demandNothing()
            }
            withExtendedLifetime(pod) {}
        }
    }
}
