#!/usr/bin/env bash
# Makes the fixtures: what the programs in a folder leave behind on a node, as text. make-fixtures.sh DIST NAME
#
# Run it as root, with the programs of a release, before the next one changes tables, records or leases; NAME is that of the
# format, and becomes a folder beside the others, which stay. Nothing of this happens on the host: a network namespace and a
# file system of its own take it all.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

if [ "${INSIDE:-}" != yes ]; then
    [ $# = 2 ] || { echo "usage: make-fixtures.sh DIST NAME" >&2; exit 1; }
    mkdir -p "$(dirname "$0")/Fixtures/$2"
    exec env INSIDE=yes unshare --net --mount --propagation private \
        "$0" "$(readlink -f "$1")" "$(readlink -f "$(dirname "$0")/Fixtures/$2")"
fi
dist=$1 out=$2
mount -t tmpfs none /run
mkdir -p /run/netns /run/manifests "$out"/{proxy,plugin}
ip link set lo up

# --- The daemon: it starts with what there was before, and sees endpoints come and go, so that slots are in no order.
manifests() {
    python3 - "$@" <<'PY'
import json, sys
endpoints = sys.argv[1:]
def service(name, type, ips, ports, **more):
    status = {"loadBalancer": {"ingress": [{"ip": ip} for ip in more.pop("ingress", [])]}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "status": status,
            "spec": {"type": type, "clusterIP": ips[0], "clusterIPs": ips, "ports": ports}}
def slices(name, ports, numbers):
    return [{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": family, "ports": ports,
             "metadata": {"name": f"{name}-{family.lower()}", "namespace": "default",
                          "labels": {"kubernetes.io/service-name": name}},
             "endpoints": [{"addresses": [prefix + n], "nodeName": "here", "conditions": {"ready": True}} for n in numbers]}
            for family, prefix in (("IPv4", "10.244.0."), ("IPv6", "fd00:10:244::"))]
tcp, udp = ({"name": p, "protocol": p.upper(), "port": 8080} for p in ("tcp", "udp"))
def port(number, node=None, protocol="tcp"):
    return {"name": protocol, "protocol": protocol.upper(), "port": number} | ({"nodePort": node} if node else {})
items = [service("web", "NodePort", ["10.96.0.10", "fd00:10:96::10"], [port(80, 30080)]), *slices("web", [tcp], endpoints),
         service("front", "LoadBalancer", ["10.96.0.11", "fd00:10:96::11"], [port(443, 30443)],
                 ingress=["203.0.113.10", "2001:db8:1::10"]), *slices("front", [tcp], endpoints[:1]),
         service("dns", "ClusterIP", ["10.96.0.12", "fd00:10:96::12"], [port(53), port(53, protocol="udp")]),
         *slices("dns", [tcp, udp], ["11", "12", "13"]),
         service("empty", "ClusterIP", ["10.96.0.13", "fd00:10:96::13"], [port(80)]),
         service("single", "ClusterIP", ["10.96.0.14"], [port(80)]), slices("single", [tcp], endpoints)[0]]
print(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1))
PY
}
serve() { manifests "$@" >/run/manifests.new && mv /run/manifests.new /run/manifests/all.json; }

serve 11 12 13
"$dist/fairway-proxy" --manifests /run/manifests --node-name here --cluster-cidr 10.244.0.0/16,fd00:10:244::/48 2>/run/log &
daemon=$!
waited=0
until grep -q ' ready' /run/log; do sleep 0.1; [ $((waited += 1)) -lt 100 ] || { cat /run/log >&2; exit 1; }; done
for endpoints in "12 13" "12" "12 11"; do
    # shellcheck disable=SC2086
    serve $endpoints
    sleep 1.5
done
kill $daemon && wait $daemon
nft list ruleset >"$out/proxy/ruleset.nft"
cp /run/manifests/all.json "$out/proxy/manifests.json"
nft flush ruleset

# --- The plugin: two networks; host ports on all addresses, on single ones and on loopback; masquerade; guarded MACs.
ip link add up0 type veth peer name up1
ip addr add 192.0.2.1/24 dev up0 && ip addr add 2001:db8::1/64 dev up0 nodad
ip link set up0 up && ip link set up1 up
for pod in a b c; do ip netns add $pod && ip -n $pod link set lo up; done

configuration() { # NETWORK BRIDGE NUMBER KEYS
    echo '{"cniVersion":"1.1.0","name":"'"$1"'","type":"fairway","bridge":"'"$2"'","ipMasq":true,"macspoofchk":true,' \
        '"ipam":{"dataDir":"/run/leases","ranges":[[{"subnet":"10.'"$3"'.0.0/24"}],[{"subnet":"fd'"$3"'::/64"}]],' \
        '"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}'"$4"'}'
}
add() { # POD CONFIGURATION
    mkdir -p "$out/plugin/pods"
    echo "$2" >"$out/plugin/pods/$1.configuration.json"
    CNI_COMMAND=ADD CNI_CONTAINERID=container-$1 CNI_NETNS=/run/netns/$1 CNI_IFNAME=eth0 CNI_PATH=/none \
        "$dist/fairway" <<<"$2" >"$out/plugin/pods/$1.result.json"
}
add a "$(configuration pods cni0 85 ',"runtimeConfig":{"portMappings":[
    {"hostPort":9001,"containerPort":8080,"protocol":"tcp"},
    {"hostPort":9002,"containerPort":8080,"protocol":"udp","hostIP":"192.0.2.1"},
    {"hostPort":9003,"containerPort":8080,"protocol":"tcp","hostIP":"2001:db8::1"}]}')"
add b "$(configuration edge cni1 86 ',"loopbackHostPorts":true,"runtimeConfig":{"portMappings":[
    {"hostPort":9004,"containerPort":8080,"protocol":"tcp"}]}')"
add c "$(configuration pods cni0 85 '')"
nft list ruleset >"$out/plugin/ruleset.nft"

# A node's folder has the name of its namespace, which is another one each time; the index of leases is a cache that counts
# for one directory only. An attachment's order is the time since the machine started: less than on any other machine.
cp -rT /run/fairway-cni/.netns-* "$out/plugin/records"
rm -f "$out/plugin/records/.bridges"
sed -Ei 's/"order":[0-9]+/"order":1000/' "$out"/plugin/records/*/*
sed -i 's/"order":1000/"order":2000/' "$out/plugin/records/edge/container-b:eth0"
sed -i 's/"order":1000/"order":3000/' "$out/plugin/records/pods/container-c:eth0"
cp -rT /run/leases "$out/plugin/leases"
rm -f "$out"/plugin/leases/*/{.fairway-index,lock}

# What the kernel has of them, as a script for the node's namespace; /run/netns/POD stands for a pod's.
python3 - >"$out/plugin/network.sh" <<'PY'
import json, subprocess
def ask(*words): return json.loads(subprocess.check_output(["ip", "-d", "-j", *words]) or "[]")
def addresses(link):
    return [f"addr add {a['local']}/{a['prefixlen']} dev {link['ifname']}" + (" nodad" if a["family"] == "inet6" else "")
            for a in link["addr_info"] if a["scope"] == "global"]
links = [l for l in ask("addr") if l["ifname"].startswith(("cni", "veth"))]
print("set -e\nip link set lo up\nip -batch - <<'E'")
print("\n".join(["link add up0 type veth peer name up1", "addr add 192.0.2.1/24 dev up0",
                 "addr add 2001:db8::1/64 dev up0 nodad", "link set up0 up", "link set up1 up"]))
for link in (l for l in links if l["ifname"].startswith("cni")):
    name, data = link["ifname"], link["linkinfo"]["info_data"]
    print(f"link add {name} address {link['address']} type bridge nf_call_iptables {data['nf_call_iptables']}"
          f" nf_call_ip6tables {data['nf_call_ip6tables']}")
    print("\n".join([f"link set {name} up", *addresses(link)]))
for pod in "abc":
    alias = f"container container-{pod} "
    link = next(l for l in links if alias in l.get("ifalias", ""))
    inner = next(l for l in ask("-n", pod, "addr") if l["ifname"] == "eth0")
    name = link["ifname"]
    print(f"link add {name} address {link['address']} type veth peer name eth0 address {inner['address']} netns /run/netns/{pod}")
    print(f"link set {name} alias \"{link['ifalias']}\"\nlink set {name} master {link['master']} up")
    hairpin = "on" if link["linkinfo"]["info_slave_data"]["hairpin"] else "off"
    print(f"link set {name} type bridge_slave hairpin {hairpin}")
print("E")
for pod in "abc":
    inner = next(l for l in ask("-n", pod, "addr") if l["ifname"] == "eth0")
    print(f"nsenter --net=/run/netns/{pod} ip -batch - <<'E'\nlink set lo up\nlink set eth0 up")
    print("\n".join(addresses(inner)))
    for family in ("-4", "-6"):
        for route in ask("-n", pod, family, "route"):
            if "gateway" in route: print(f"route add {route['dst']} via {route['gateway']} dev eth0")
    print("E")
for key in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", *(
        f"net/ipv4/conf/{b}/{k}" for b in ("cni0", "cni1") for k in ("route_localnet", "forwarding"))):
    print(f"echo {open('/proc/sys/' + key).read().strip()} >/proc/sys/{key}")
PY
find "$out" -type f -size +64k
