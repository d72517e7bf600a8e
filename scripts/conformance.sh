#!/usr/bin/env bash
# Drives the plugin by a real runtime: libcni through podman, with real containers, in a network namespace of its own.
#
# Outside `make test`, because it installs a container runtime.
. "$(dirname "$0")/common.sh"

is_root || fail "containers and network namespaces are made: run as root (sudo make conformance)"
need_packages podman runc containernetworking-plugins busybox-static iproute2 iptables nftables
need_bridge_netfilter
raise_open_files

if [ "${1:-}" != inside ]; then
    # Its own network and mounts: what podman and upstream's plugins leave behind ends with them.
    status=0
    timeout -k 10 600 unshare --net --mount --propagation private "$0" inside || status=$?
    exit $status
fi

work=$(mktemp -d)
mount -t tmpfs none "$work"
mkdir -p /var/lib/cni
mount -t tmpfs none /var/lib/cni
mount -t tmpfs none /run
mkdir -p /run/lock /run/netns "$work"/{names,fairway,net}
sysctl -qw net.ipv4.ip_forward=1
ip link set lo up

passed=0
failures=()
# Runs a check and counts it: check WHAT COMMAND...
check() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then
        passed=$((passed + 1))
        printf '  ok    %s\n' "$what"
    else
        failures+=("$mode: $what")
        printf '  FAIL  %s: %s\n' "$what" "$said"
    fi
}

# A world outside the node, one hop away.
ip netns add world
ip link add uplink type veth peer name eth0 netns world
ip addr add 192.0.2.1/24 dev uplink && ip link set uplink up
ip -n world addr add 192.0.2.9/24 dev eth0 && ip -n world link set eth0 up && ip -n world link set lo up
ip -n world route add default via 192.0.2.1
ip addr add 2001:db8::1/64 dev uplink nodad
ip -n world addr add 2001:db8::9/64 dev eth0 nodad
ip -n world -6 route add default via 2001:db8::1
ip netns exec world "$root/dist/fairway-lab" serve --name world --tcp 7000 &
trap 'kill %1' EXIT

# The containers' root file system: a shell, and the lab's echo server with the libraries that it needs.
rootfs=$work/rootfs
mkdir -p "$rootfs"/{bin,proc,sys,dev,etc,tmp,run,lib64}
cp /bin/busybox "$root/dist/fairway-lab" "$rootfs/bin/"
ldd "$root/dist/fairway-lab" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$rootfs${library%/*}"
    cp -L "$library" "$rootfs$library"
done

# The plugin under its own name, and under those of the plugins it replaces.
for name in bridge host-local portmap bandwidth loopback; do ln -s "$root/dist/fairway" "$work/names/$name"; done
for name in firewall tuning; do ln -s "/usr/lib/cni/$name" "$work/names/$name"; done
cp -P "$work"/names/* "$work/fairway/"
ln -s "$root/dist/fairway" "$work/fairway/fairway"

pod() {
    CONTAINERS_CONF="$work/containers.conf" podman --root "$work/root" --runroot /run/containers --storage-driver vfs \
        "$@"
}

# Starts a container that answers TCP and UDP on port 80 with its name and its client's address: start NAME OPTIONS...
start() {
    local name=$1
    shift
    pod run -d --name "$name" "$@" --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --rootfs "$rootfs" \
        /bin/fairway-lab serve --name "$name" --tcp 80 --udp 80
}

# Asks an address and demands a container's answer: ask NAME tcp|udp ADDRESS PORT [a command that leads elsewhere]
ask() {
    local name=$1 protocol=$2 address=$3 port=$4 lab="$root/dist/fairway-lab" options=() answer
    shift 4
    [ "${1:-}" != pod ] || lab=/bin/fairway-lab
    [ "$protocol" = tcp ] || options=(--udp)
    for _ in {1..20}; do
        answer=$("$@" "$lab" connect "$address" "$port" --timeout 1000 "${options[@]}" --json 2>&1)
        grep -q "\"$name\"" <<<"$answer" && return
        sleep 0.1
    done
    echo "no answer of $name from $address:$port over $protocol, but '$answer'"
    return 1
}

refused() { "$root/dist/fairway-lab" connect "$1" "$2" --timeout 1000 --json | grep -q '"succeeded":0'; }

address_of() { pod inspect "$1" --format "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}"; }

# What is left of containers on the node: leases, links of pods, host ports, records.
remains() {
    find /var/lib/cni/networks -type f -name '[0-9]*.[0-9]*' 2>/dev/null
    ip -o link show type veth | grep -v uplink
    find /run/fairway-cni -type f ! -name '.*' 2>/dev/null
    tc qdisc show | grep tbf
    # TCP's ends stay for a while, as they should; a UDP flow would lead the next client to nobody.
    grep -E 'udp .*src=(10\.(88|77|66)\.|fd66:)' /proc/net/nf_conntrack
    nft list ruleset 2>/dev/null | grep -E 'dnat|10\.(88|77)\.0\.[0-9]+ .* : ' | grep -v 'map @'
}

nothing_remains() {
    local left
    left=$(remains)
    [ -z "$left" ] || {
        echo "left behind: $left"
        return 1
    }
}

# Makes, reaches and removes containers with two networks and published ports.
exercise() {
    cat >"$work/containers.conf" <<CONF
[network]
network_backend = "cni"
cni_plugin_dirs = ["$work/$1"]
network_config_dir = "$work/net"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
CONF
    check "a container with two networks and published ports starts" \
        start a --network podman --network second -p 8080:80 -p 8080:80/udp
    check "a second one beside it starts" start b --network podman -p 8081:80 -p 8081:80/udp
    local first second
    first=$(address_of a podman)
    second=$(address_of a second)
    check "each network gave an address ($first, $second)" \
        bash -c '[[ $0 == 10.88.0.* && $1 == 10.77.0.* ]]' "$first" "$second"
    check "the node reaches the container by its first network" ask a tcp "$first" 80
    check "the node reaches the container by its second network" ask a tcp "$second" 80
    for protocol in tcp udp; do
        check "published $protocol port, from the world" ask a $protocol 192.0.2.1 8080 ip netns exec world
        check "published $protocol port, from the node" ask a $protocol 192.0.2.1 8080
        check "published $protocol port, from the neighbour" ask a $protocol 192.0.2.1 8080 pod exec b
        check "published $protocol port, from the container itself" \
            ask a $protocol 192.0.2.1 8080 pod exec a
        check "the neighbour's published $protocol port" ask b $protocol 192.0.2.1 8081 ip netns exec world
    done
    check "the containers reach each other" ask b tcp "$(address_of b podman)" 80 pod exec a
    check "they reach the world with the node's address" masqueraded
    check "the first one goes" pod rm -f -t 0 a
    check "its port is refused then" refused 192.0.2.1 8080
    check "the neighbour's still answers" ask b tcp 192.0.2.1 8081 ip netns exec world
    check "the port can be published again at once" start c --network podman -p 8080:80 -p 8080:80/udp
    for protocol in tcp udp; do
        check "and leads to the new container over $protocol" ask c $protocol 192.0.2.1 8080 ip netns exec world
    done
    check "a container on a network with both families and limits starts" \
        start d --network dual -p 8082:80 -p 8082:80/udp -p 127.0.0.1:8083:80
    check "a port published on 127.0.0.1, from the node" ask d tcp 127.0.0.1 8083
    check "and from nowhere else" refused 192.0.2.1 8083
    for protocol in tcp udp; do
        for address in 192.0.2.1 2001:db8::1; do
            check "published $protocol port on $address, from the world" \
                ask d $protocol $address 8082 ip netns exec world
            check "published $protocol port on $address, from the container itself" \
                ask d $protocol $address 8082 pod exec d
        done
    done
    check "both ends of its pair are shaped" shaped d
    check "all go" pod rm -f -t 0 b c d
    check "nothing remains" nothing_remains
}

# A server in the world that says whom it sees: a pod must come with the node's address.
masqueraded() {
    local said
    said=$(pod exec b /bin/fairway-lab connect 192.0.2.9 7000 --timeout 1000 --json)
    grep -q '192\.0\.2\.1"' <<<"$said" || {
        echo "$said"
        return 1
    }
}

# Each end of the container's pair has the rate of its direction.
shaped() {
    local pid
    pid=$(pod inspect "$1" --format '{{.State.Pid}}')
    tc qdisc show >"$work/queues"
    nsenter -t "$pid" -n tc qdisc show >>"$work/queues"
    grep -q 'tbf .*rate 400Mbit' "$work/queues" && grep -q 'tbf .*rate 200Mbit' "$work/queues" && return
    cat "$work/queues"
    return 1
}

default=/etc/cni/net.d/87-podman-bridge.conflist
second=$(sed 's/"name": "podman"/"name": "second"/; s/cni-podman0/cni-second/; s/10\.88\./10.77./g' "$default")

mode="podman's own conflist under upstream's names"
say "$mode"
cp "$default" "$work/net/"
printf '%s\n' "$second" >"$work/net/88-second.conflist"
cat >"$work/net/89-dual.conflist" <<'CONF'
{"cniVersion": "0.4.0", "name": "dual", "plugins": [
  {"type": "bridge", "bridge": "cni-dual", "isGateway": true, "ipMasq": true, "hairpinMode": true, "ipam": {
    "type": "host-local", "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
    "ranges": [[{"subnet": "10.66.0.0/16"}], [{"subnet": "fd66::/64"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}},
  {"type": "bandwidth", "ingressRate": 400000000, "ingressBurst": 40000000, "egressRate": 200000000,
    "egressBurst": 20000000}]}
CONF
exercise names

mode="the same conflist as fairway migrate prints it"
say "$mode"
for file in "$work"/net/*.conflist; do
    "$root/dist/fairway" migrate "$file" >"$work/migrated"
    cp "$work/migrated" "$file"
done
grep -q '"fairway"' "$work"/net/87* || fail "fairway migrate printed no conflist of type fairway"
ip link del cni-podman0 2>/dev/null || true
ip link del cni-second 2>/dev/null || true
ip link del cni-dual 2>/dev/null || true
exercise fairway

say "$(pod --version), $passed passed, ${#failures[@]} failed"
for failure in "${failures[@]}"; do printf 'error: %s\n' "$failure" >&2; done
[ ${#failures[@]} -eq 0 ]
