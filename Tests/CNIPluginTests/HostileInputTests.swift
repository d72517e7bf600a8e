import CNIPlugin
import CNIProtocol
import HostIPAM
import NetworkTypes
import Testing

@Suite struct HostileInputTests {
    private static let seed = Array(
        """
        {"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"cni0","isGateway":true,"mtu":1400,"hairpinMode":false,\
        "ipam":{"type":"host-local","ranges":[[{"subnet":"10.85.0.0/24","rangeStart":"10.85.0.5","gateway":"10.85.0.1"}],\
        [{"subnet":"fd85::/64"}]],"exclude":["10.85.0.8/30"],"routes":[{"dst":"::/0","gw":"fd85::1","mtu":1280}]},\
        "dns":{"nameservers":["a"]},"runtimeConfig":{"ipRanges":[],"dns":{"servers":[]}},"prevResult":{"interfaces":\
        [{"name":"eth0","mac":"0a:58:0a:55:00:02"}],"ips":[{"interface":0,"address":"10.85.0.2/24"}],"routes":[]},\
        "cni.dev/valid-attachments":[{"containerID":"c","ifname":"eth0"}]}
        """.utf8)

    @Test("Thousands of damaged configurations give a value or an error of the specification, never a trap")
    func damaged() {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "null", "-1", "1e999", "18446744073709551616", "\"\"", "[]", "{}", "true", "\"255.255.255.255/0\"",
            "\"::/0\"",
            "\"ffff::/128\"", "\\u0000", "\"", "}", "4294967295", "\"0.0.0.0/32\"",
        ].map { Array($0.utf8) }
        for _ in 0..<3000 {
            var bytes = Self.seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let start = Int.random(in: 0..<bytes.count, using: &generator)
                let end = min(bytes.count, start + Int.random(in: 0...12, using: &generator))
                bytes.replaceSubrange(start..<end, with: pieces.randomElement(using: &generator) ?? [])
            }
            do throws(CNIError) {
                let network = try NetworkConfiguration(parsing: bytes)
                _ = try? network.validAttachments()
                _ = try? network.previousResult()
                let configuration = try PluginConfiguration(network, arguments: [:])
                for set in configuration.addressSource.builtIn?.rangeSets ?? [] {
                    _ = set.nextFree(after: nil, leased: LeasedAddresses(), excluding: [])
                }
            } catch {
                #expect([1, 2, 6, 7].contains(error.code.rawValue), "\(error)")
            }
        }
    }
}
