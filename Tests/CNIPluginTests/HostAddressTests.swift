import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// Host ports on one of the node's addresses, and those of SCTP.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct HostAddressTests {
    private static func mapping(_ port: Int, _ name: String, hostIP: String = "") -> String {
        """
        ,"runtimeConfig":{"portMappings":[{"hostPort":\(port),"containerPort":8080,"protocol":"\(name)",\
        "hostIP":"\(hostIP)"}]}
        """
    }

    @Test(
        "A host port on one address leaves the other addresses' same port to another pod",
        arguments: [["192.0.2.1", "192.0.2.11"], ["2001:db8::1", "2001:db8::11"]])
    func oneAddressEach(addresses: [String]) async throws {
        let stage = try await WorldNode()
        let node = stage.node
        try await node.namespace.demand("ip", "addr", "add", "192.0.2.11/24", "dev", "up0")
        try await node.namespace.demand("ip", "addr", "add", "2001:db8::11/64", "dev", "up0", "nodad")
        let pods = [try node.makePod(), try node.makePod()]
        var servers: [EchoServer] = []
        for (index, pod) in pods.enumerated() {
            let keys = Self.mapping(9000, "tcp", hostIP: addresses[index])
            _ = try await node.add(node.configuration(keys: keys), container: "c\(index)", pod: pod)
            servers.append(try await stage.serve("c\(index)", in: pod))
        }
        for client in [stage.world, node.namespace] {
            for (index, address) in addresses.enumerated() {
                let answer = try #require(try await stage.ask(from: client, address, 9000))
                #expect(answer.hasPrefix("c\(index) "), "\(address): \(answer)")
            }
        }
        // Of the other family, and of the bridge's, nobody has taken the port.
        for address in ["192.0.2.1", "2001:db8::1", "10.85.0.1"] where !addresses.contains(address) {
            #expect(try await stage.ask(from: stage.world, address, 9000, milliseconds: 200) == nil, "\(address)")
        }
        try await node.demand("DEL", node.configuration(), container: "c0")
        #expect(try await stage.ask(from: stage.world, addresses[0], 9000, milliseconds: 200) == nil)
        #expect(try await stage.ask(from: stage.world, addresses[1], 9000)?.hasPrefix("c1 ") == true)
    }

    /// Sends an INIT chunk, or tells the first one that comes: `<client> <port> <whether the checksum is right>`.
    ///
    /// The kernel need not have SCTP sockets for this.
    private static let sctp = """
        import socket,struct,sys
        def crc(data):
            c=0xffffffff
            for b in data:
                c^=b
                for _ in range(8): c=(c>>1)^(0x82F63B78 if c&1 else 0)
            return struct.pack('<I',c^0xffffffff)
        family=socket.AF_INET6 if ':' in sys.argv[2] else socket.AF_INET
        s=socket.socket(family,socket.SOCK_RAW,132)
        s.settimeout(20)
        if sys.argv[1]=='send':
            chunk=struct.pack('!BBHIIHHI',1,0,20,1,65535,1,1,1)
            head=struct.pack('!HHI',40000,int(sys.argv[3]),0)
            s.sendto(head+crc(head+bytes(4)+chunk)+chunk,(sys.argv[2],0))
        else:
            print('listening',flush=True)
            data,client=s.recvfrom(2000)
            data=data[(data[0]&15)*4:] if family==socket.AF_INET else data
            print(client[0],struct.unpack('!H',data[2:4])[0],crc(data[:8]+bytes(4)+data[12:])==data[8:12])
        """

    @Test("An SCTP association begins with the pod behind the host port, checksum and client's address intact")
    func sctp() async throws {
        let stage = try await WorldNode()
        let node = stage.node
        let pod = try node.makePod()
        _ = try await node.add(node.configuration(keys: Self.mapping(9000, "sctp")), pod: pod)
        for (family, any) in [(IPFamily.ipv4, "0.0.0.0"), (.ipv6, "::")] {
            let server = try RunningProcess(Programs.path(of: "python3"), ["-c", Self.sctp, "listen", any], in: pod)
            try #require(try await server.hasSaid("listening"))
            let address = try #require(WorldNode.nodeAddresses[family])
            try await stage.world.demand("python3", "-c", Self.sctp, "send", address, "9000")
            let said = try await server.outcome(within: 30).output
            #expect(said == "listening\n\(WorldNode.worldAddresses[family] ?? "") 8080 True\n")
        }
        try await node.demand("DEL", node.configuration(), pod: pod.path)
        #expect(try await node.namespace.demand("nft", "list", "ruleset") == "")
    }
}
