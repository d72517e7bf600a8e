#!/usr/bin/env bash
# The demo, the daemon and the plugin as people use them; and none of them needs a module that deploy/modules-load.d does not name.
. "$(dirname "$0")/../common.sh"
. scripts/kernels/check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

demo() { dist/fairway-lab demo --rate 20 >"$work/demo" 2>&1 || { cat "$work/demo"; return 1; }; }
check "the demo" demo
check "every line of it held" says 'Every line held' "$work/demo"
check "it has loaded br_netfilter" test -e /proc/sys/net/bridge/bridge-nf-call-iptables

# The daemon beside a firewall's table, in the machine's own namespace.
mkdir "$work/manifests"
cp deploy/demo/web.yaml "$work/manifests/"
cat >"$work/manifests/slice.json" <<'JSON'
{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
 "metadata": {"name": "web-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}},
 "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
 "endpoints": [{"addresses": ["10.90.0.2"], "conditions": {"ready": true}}]}
JSON
dist/fairway-proxy --manifests "$work/manifests" --node-name smoke --cluster-cidr 10.90.0.0/24 >"$work/daemon" 2>&1 &
daemon=$!
check "the daemon is ready" wait_for ready "$work/daemon"
check "it says nothing of br_netfilter" is_silent_of br_netfilter "$work/daemon"
check "nft lists its table" bash -c 'nft list table ip fairway | grep -q "10.96.0.10 . tcp . 80 .*default/web:http"'

# Two pods, and one of them is the Service's endpoint, on the same bridge.
conf='{"cniVersion":"1.1.0","name":"smoke","type":"fairway","bridge":"smoke0","ipMasq":true,"macspoofchk":true,
 "capabilities":{"portMappings":true,"bandwidth":true},
 "runtimeConfig":{"bandwidth":{"ingressRate":80000000,"ingressBurst":8000000,"egressRate":80000000,"egressBurst":8000000}},
 "ipam":{"ranges":[[{"subnet":"10.90.0.0/24"}],[{"subnet":"fd00:90::/64"}]]}}'
mapped=${conf/\"runtimeConfig\":\{/\"runtimeConfig\":\{\"portMappings\":[\{\"hostPort\":8081,\"containerPort\":8080,\"protocol\":\"tcp\"\}],}
ip netns add server
ip netns add client
check "ADD, with a host port, limits and a MAC guard" plugin ADD "$mapped" server
check "ADD of a second pod" plugin ADD "$conf" client
ip netns exec server "$root/dist/fairway-lab" serve --name server --tcp 8080 >"$work/server" 2>&1 &
server=$!
wait_for listening "$work/server" || true
asks() { "$@" --timeout 3000 --json | grep -q '"server"'; }
check "a pod reaches the Service on its own bridge" asks ip netns exec client "$root/dist/fairway-lab" connect 10.96.0.10 80
# The machine has no default route.
ip route add 10.96.0.0/16 dev smoke0
check "the node reaches it" asks "$root/dist/fairway-lab" connect 10.96.0.10 80
check "the host port answers the node" asks "$root/dist/fairway-lab" connect 10.90.0.1 8081
check "explain names the endpoint" bash -c 'dist/fairway-proxy explain 10.90.0.3 10.96.0.10:80/tcp | grep -q 10.90.0.2'
kill $server $daemon
wait $server $daemon 2>/dev/null
check "DEL" plugin DEL "$mapped" server
check "DEL of the second pod" plugin DEL "$conf" client
check "cleanup leaves no table" bash -c 'dist/fairway-proxy cleanup && ! nft list tables | grep -qx "table ip fairway"'
ip netns delete server
ip netns delete client
check "no link of a pod is left" bash -c '! ip -o link show type veth | grep .'

# What is loaded by now, and what the list and its modules' own needs explain.
named=$(grep -v '^#' deploy/modules-load.d/fairway.conf)
# shellcheck disable=SC2086
explained=$(for module in $named virtiofs virtio_pci overlay; do modprobe --show-depends "$module"; done 2>/dev/null \
    | sed -nE 's|^insmod .*/([^/ ]*)\.ko.*|\1|p' | tr - _ | sort -u)
unexplained=$(comm -13 <(printf '%s\n' "$explained") <(cut -d ' ' -f 1 /proc/modules | sort -u) | grep -E '^(nf|nft|br_|bridge|veth|sch|ip|xt|x_|stp|llc|udp|vx)' || true)
check "every module in use is named in deploy/modules-load.d (or needed by one): $(wc -w <<<"$explained")" \
    bash -c '[ -z "$1" ] || { echo "not named: $1"; false; }' - "$unexplained"
for module in $named; do check "$module exists" modprobe -n "$module"; done
conclude "the demo took $(grep -oE 'in [0-9]+ s' "$work/demo" | tail -n 1 | cut -c 4-)"
