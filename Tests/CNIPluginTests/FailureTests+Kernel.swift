/// What the kernel refuses in the middle of an attachment, and in the middle of its end.
extension FailureTests {
    /// A bridge as ADD wants it, so that the next thing that it writes below `/proc/sys` is the pod's.
    private static let readyBridge = """
        ip link add cni0 type bridge; ip link set cni0 up; ip addr add 10.85.0.1/24 dev cni0
        ip addr add fd85::1/64 dev cni0; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        """

    /// Where no kernel parameter can be written, as in a container with a read-only `/proc/sys`.
    private static let fixedSwitches = """
        exec unshare -m sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$PLUGIN"'
        """

    private static let ipv4 = #"[[{"subnet":"10.85.0.0/24"}]]"#
    /// No interface may have the address that is none.
    private static let unspecified = #"[[{"subnet":"::/120","rangeStart":"::","rangeEnd":"::","gateway":"fd85::1"}]]"#
    /// Nor a multicast address.
    private static let multicast = #"[[{"subnet":"fd85::/64","gateway":"ff05::1"}]]"#
    private static let shaped =
        #","runtimeConfig":{"bandwidth":{"egressRate":8000000,"egressBurst":8000000}}"#

    static let refusals: [Failure] = [
        Failure(
            title: "a pod's address that no interface may have", ranges: unspecified, keys: #","isGateway":false"#,
            code: 100, message: "cannot add the address ::/120 to link",
            details: "Cannot assign requested address"),
        Failure(
            title: "a gateway's address that no interface may have", ranges: multicast, code: 100,
            message: "cannot add the address ff05::1/64 to link", details: "Cannot assign requested address"),
        Failure(
            title: "an existing bridge that may not be changed", before: "ip link add cni0 type bridge", by: powerless,
            code: 100, message: "cannot change link", details: "Operation not permitted: the plugin needs CAP_NET_ADMIN"
        ),
        Failure(
            title: "a plugin that may not enter namespaces",
            by: "exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin $PLUGIN", code: 100,
            message: "cannot enter CNI_NETNS", details: "Operation not permitted: the plugin needs CAP_NET_ADMIN and"),
        Failure(
            title: "a plugin that somebody else than root runs",
            by: "exec setpriv --reuid=65534 --regid=65534 --clear-groups $PLUGIN", code: 100,
            message: "cannot enter CNI_NETNS", details: "and CAP_SYS_ADMIN: run it as root"),
        Failure(
            title: "STATUS of a plugin that somebody else than root runs", command: "STATUS",
            before: #"mkdir -p "$DATA""#, by: "exec setpriv --reuid=65534 --regid=65534 --clear-groups $PLUGIN",
            code: 50,
            message: "is not writable", details: "Permission denied: the plugin needs"),
        Failure(
            title: "no descriptor for the pod's namespace", by: #"exec prlimit --nofile=6 "$PLUGIN""#, code: 100,
            message: "cannot enter CNI_NETNS", details: "Too many open files: raise the limit of open files (ulimit -n"),
        Failure(
            title: "no descriptor for the leases", before: #"mkdir -p "$DATA/pods""#,
            by: #"exec prlimit --nofile=8 "$PLUGIN""#, code: 5, message: "the lease store failed",
            details: "Too many open files: raise the limit of open files"),
        Failure(
            title: "no descriptor for the records", command: "GC", by: #"exec prlimit --nofile=4 "$PLUGIN""#, code: 104,
            message: "GC could not remove everything", details: "Too many open files: raise the limit of open files"),
        Failure(
            title: "an MTU too small for IPv6", keys: #","mtu":1200"#, code: 7,
            message: "invalid mtu: 1200 is less than IPv6 needs (1280), and ipam has an IPv6 range"),
        Failure(
            title: "an MTU that would take IPv6 from others on the bridge", ranges: #"[[{"subnet":"10.85.0.0/24"}]]"#,
            keys: #","mtu":1200"#,
            before: "ip link add cni0 type bridge; ip link set cni0 up; ip addr add fd85::1/64 dev cni0", code: 7,
            message: "invalid mtu: 1200 would take IPv6 from bridge \"cni0\"", details: "it has fd85::1/64"),
        Failure(
            title: "a bridge's name of which the kernel makes another", keys: #","bridge":"br%d""#, code: 7,
            message: "invalid bridge: \"br%d\" is no interface name"),
        Failure(
            title: "an interface's name of which the kernel makes another", variables: ["CNI_IFNAME": "eth%d"], code: 4,
            message: "invalid CNI_IFNAME: eth%d", details: "holds no /, :, %"),
        Failure(
            title: "GC whose attachments name no interface", command: "GC",
            keys: #","cni.dev/valid-attachments":[{"containerID":"c1"}]"#, code: 7, message: "ifname"),
        Failure(
            title: "a bridge whose IPv6 stays off", before: "sysctl -qw net.ipv6.conf.default.disable_ipv6=1",
            by: fixedSwitches, code: 100, message: "cannot turn IPv6 on for bridge cni0",
            details: "open /proc/sys/net/ipv6/conf/cni0/disable_ipv6: Read-only file system"),
        Failure(
            title: "a pod whose IPv6 stays off",
            before: readyBridge + #"; nsenter --net="$POD" sysctl -qw net.ipv6.conf.default.disable_ipv6=1"#,
            by: fixedSwitches, code: 100, message: "cannot prepare interface eth0",
            details: "/net/ipv6/conf/eth0/disable_ipv6: Read-only file system: nobody may write /proc/sys here"),
        Failure(
            title: "a bridge that stays closed for 127.0.0.1", ranges: ipv4,
            keys: ports(#""hostPort":80,"containerPort":80"#) + #","loopbackHostPorts":true"#, before: readyBridge,
            by: fixedSwitches, code: 100, message: "cannot set route_localnet of cni0 to 1",
            details: "Read-only file system: host ports on 127.0.0.1 need it"),
        Failure(
            title: "a pair that may not be shaped", keys: shaped + #","prevResult":{"cniVersion":"1.1.0"}"#,
            neighbour: "same",
            by: #"exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin bash -c 'exec -a bandwidth "$PLUGIN"'"#,
            code: 100, message: "to 1000000 bytes per second", details: "Operation not permitted"),
    ]

    /// DEL and GC that may not change networks; what they could not take away stays whole for the next one.
    static let takeBacks: [Failure] = [
        Failure(
            title: "a pair that may not be deleted", command: "DEL", neighbour: "same", by: powerless, code: 100,
            message: "cannot delete link", details: "Operation not permitted"),
        Failure(
            title: "rules that may not be deleted", command: "DEL",
            neighbour: "same" + ports(#""hostPort":80,"containerPort":80"#), by: powerless, code: 100,
            message: "cannot ", details: "nf_tables refused a change of the table fairway-cni"),
        Failure(
            title: "a collection that may not delete", command: "GC", neighbour: "", by: powerless, code: 104,
            message: "GC could not remove everything of network pods", details: "delete link"),
        Failure(
            title: "a collection that may not change rules", command: "GC",
            neighbour: ports(#""hostPort":80,"containerPort":80"#), by: powerless, code: 104,
            message: "GC could not remove everything of network pods", details: "nf_tables refused"),
    ]
}
