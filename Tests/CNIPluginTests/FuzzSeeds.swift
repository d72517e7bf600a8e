import AttachPlan
import CNIPlugin

/// Whole and valid inputs that fuzzing damages.
enum FuzzSeeds {
    /// Configurations for a personality, with nearly every key it reads.
    static func configurations(_ personality: Personality) -> [String] {
        switch personality {
        case .fairway, .bridge: [attachment, delegated]
        case .hostLocal: [attachment]
        case .portmap: [chained, chainedOld]
        case .bandwidth: [chained]
        case .loopback: [#"{"cniVersion":"0.3.1","name":"lo","type":"loopback"}"#, chained]
        }
    }

    private static let addresses = """
        "ipam":{"type":"host-local","dataDir":"/tmp/leases","subnet":"10.84.0.0/24","rangeStart":"10.84.0.9",\
        "ranges":[[{"subnet":"10.85.0.0/24","rangeStart":"10.85.0.5","rangeEnd":"10.85.0.99","gateway":"10.85.0.1"},\
        {"subnet":"10.86.0.0/28"}],[{"subnet":"fd85::/64"}]],"exclude":["10.85.0.8/30","fd85::7"],\
        "resolvConf":"/etc/resolv.conf","routes":[{"dst":"0.0.0.0/0"},{"dst":"10.9.0.0/16","gw":"10.85.0.1","mtu":1280,\
        "advmss":1200,"priority":7,"table":99,"scope":0},{"dst":"::/0","gw":"fd85::1"}]}
        """

    private static let runtime = """
        "capabilities":{"portMappings":true,"bandwidth":true,"ips":true,"mac":true,"dns":true,"ipRanges":true},\
        "runtimeConfig":{"portMappings":[{"HostPort":8080,"ContainerPort":80,"Protocol":"tcp","HostIP":""},\
        {"hostPort":53,"containerPort":53,"protocol":"UDP","hostIP":"127.0.0.1"},{"hostPort":0,"containerPort":1}],\
        "bandwidth":{"ingressRate":1000000,"ingressBurst":4294967295,"egressRate":2000000,"egressBurst":8000},\
        "ips":["10.85.0.77/24"],"mac":"0a:58:0a:55:00:99","dns":{"servers":["10.96.0.10"],"searches":["a.b"]},\
        "ipRanges":[[{"subnet":"10.87.0.0/29"}]]},"args":{"cni":{"ips":["10.85.0.66"],"mac":"02:00:00:00:00:01"}}
        """

    private static let previous = """
        "prevResult":{"cniVersion":"1.1.0","interfaces":[{"name":"cni0","mac":"0a:58:0a:55:00:01"},\
        {"name":"veth12345678901"},{"name":"eth0","mac":"0a:58:0a:55:00:02","mtu":1500,"sandbox":"/run/netns/pod0"}],\
        "ips":[{"interface":2,"address":"10.85.0.5/24","gateway":"10.85.0.1"},{"interface":2,"address":"fd85::2/64"}],\
        "routes":[{"dst":"0.0.0.0/0","gw":"10.85.0.1"}],"dns":{"nameservers":["10.96.0.10"]}}
        """

    private static let attachment = """
        {"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"cni0","isGateway":true,"isDefaultGateway":true,\
        "forceAddress":false,"ipMasq":true,"ipMasqBackend":"nftables","ipMasqExclude":["10.0.0.0/8"],"mtu":1400,\
        "hairpinMode":true,"promiscMode":false,"vlan":0,"vlanTrunk":[{"minID":100,"maxID":110},{"id":7}],\
        "preserveDefaultVlan":false,"macspoofchk":true,"enabledad":false,"disableContainerInterface":false,\
        "portIsolation":true,"requireBridgeNetfilter":false,"loopbackHostPorts":false,\(addresses),\
        "dns":{"nameservers":["10.96.0.10"],"domain":"d","search":["s"],"options":["o"]},"snat":true,"masqAll":false,\
        "ingressRate":0,"cni.dev/valid-attachments":[{"containerID":"c1","ifname":"eth0"}],\(runtime)}
        """

    private static let delegated = """
        {"cniVersion":"1.0.0","name":"pods","type":"bridge","bridge":"cni1","ipam":{"type":"fake-ipam"},\(previous)}
        """

    private static let chained = """
        {"cniVersion":"1.1.0","name":"pods","type":"portmap","snat":true,"masqAll":false,"markMasqBit":13,\
        "backend":"nftables","conditionsV4":[],"ingressRate":80000,"ingressBurst":80000,"egressRate":80000,\
        "egressBurst":80000,"cni.dev/valid-attachments":[{"containerID":"c1","ifname":"eth0"}],\(runtime),\(previous)}
        """

    private static let chainedOld = """
        {"cniVersion":"0.2.0","name":"pods","type":"portmap",\(runtime),"prevResult":{"ip4":{"ip":"10.85.0.5/24",\
        "gateway":"10.85.0.1","routes":[{"dst":"0.0.0.0/0"}]},"ip6":{"ip":"fd85::2/64"},"dns":{}}}
        """

    /// What an address plugin that ADD delegates to may write.
    static let delegateOutput = """
        {"cniVersion":"1.0.0","ips":[{"address":"10.88.0.5/24","gateway":"10.88.0.1"},{"address":"fd88::5/64"}],\
        "routes":[{"dst":"0.0.0.0/0"}],"dns":{"nameservers":["192.0.2.1"]}}
        """

    /// Values that have been somebody's downfall: limits, other types, special addresses and names.
    static let values: [String] =
        [
            "null", "true", "false", "0", "-0", "1", "-1", "2", "67", "68", "4094", "4095", "65535", "65536",
            "2147483648",
            "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1.5",
            "1e3", "1e999", "[]", "{}", "[[]]", "[{}]", "[[{}]]", "[null]", "[[[[[[[[]]]]]]]]",
        ]
        + [
            "", " ", ".", "..", "/", "0", "tcp", "SCTP", "eth0", "lo", "cni0", "all", "default", "host-local", "dhcp",
            "fake-ipam", "nftables", "0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0", "1.2.0", "0.0.0.0",
            "0.0.0.0/0", "0.0.0.0/32", "10.85.0.1", "10.85.0.5/24", "10.85.0.255/24", "10.85.0.0/31", "255.255.255.255",
            "255.255.255.255/32", "224.0.0.1", "127.0.0.1", "127.0.0.0/8", "::", "::/0", "::1", "::/128", "ffff::/1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "fd85::/126", "::ffff:10.0.0.1", "fe80::1%eth0",
            "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "0a:58:0a:55:00:02",
            "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0a:6f:3d", "/nowhere", "/proc/self", "/etc/passwd",
            "\\u0000", "\\ud800", "\\n\\r\\t", "\u{1f980}", "\u{301}", "K8S=;", "10.85.0.7", "0x10", "1e1",
        ].map { "\"\($0)\"" } + ["\"" + String(repeating: "x", count: 5000) + "\""]

    /// Keys that a damaged object may get.
    static let keys = [
        "cniVersion", "name", "type", "bridge", "isGateway", "isDefaultGateway", "forceAddress", "ipMasq", "mtu",
        "hairpinMode", "promiscMode", "vlan", "vlanTrunk", "macspoofchk", "enabledad", "disableContainerInterface",
        "portIsolation", "ipam", "subnet", "ranges", "rangeStart", "rangeEnd", "gateway", "exclude", "routes", "dst",
        "gw",
        "dataDir", "resolvConf", "dns", "nameservers", "runtimeConfig", "portMappings", "hostPort", "containerPort",
        "protocol", "hostIP", "bandwidth", "ingressRate", "ingressBurst", "egressRate", "egressBurst", "ips", "mac",
        "ipRanges", "args", "cni", "snat", "masqAll", "conditionsV4", "prevResult", "interfaces", "interface",
        "address",
        "ip4", "ip6", "ip", "sandbox", "cni.dev/valid-attachments", "containerID", "ifname", "id", "minID", "maxID", "",
    ]
}
