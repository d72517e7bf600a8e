#!/usr/bin/env bash
# SCTP sockets through Services and host ports, and what a client is told where there is no endpoint.
. "$(dirname "$0")/../common.sh"
. scripts/kernels/check.sh

check "the kernel has SCTP sockets" modprobe sctp
work=$(mktemp -d)
dist/fairway-lab up --nodes 2 --pods 2 --cni-conf cni-conf/10-fairway-dual.conflist >"$work/lab" 2>&1
check "a cluster stands" says manifests "$work/lab"
manifests=$(awk '$1 == "manifests" { print $2 }' "$work/lab")
trap 'dist/fairway-lab down; rm -rf "$work"' EXIT

on() { local host=$1; shift; dist/fairway-lab exec "$host" -- "$@"; }
ask() { on "$1" python3 scripts/kernels/sctp.py ask "$2" "$3"; }
# answers WHO-MATCHES FROM ADDRESS PORT
answers() { ask "$2" "$3" "$4" | tee "$work/said" | grep -qE "^($1) " || { cat "$work/said"; return 1; }; }
# Told within a second.
refused() { ask "$1" "$2" "$3" | tee "$work/said" | grep -qE '^(Protocol not available|Connection refused) after 0\.' || { cat "$work/said"; return 1; }; }

# pod12 and pod22 serve; pod11 and pod21, the node and the world ask.
address() { awk -v pod="$1" -v column="$2" '$1 == pod { print $column }' "$work/lab"; }
service() { # NAME ADDRESSES NODE-PORT
    cat <<JSON
{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "$1", "namespace": "default"},
 "spec": {"type": "NodePort", "clusterIP": "${2%% *}", "clusterIPs": ["${2%% *}", "${2##* }"], "ipFamilies": ["IPv4", "IPv6"],
  "ports": [{"name": "x", "protocol": "SCTP", "port": 90, "targetPort": 9000, "nodePort": $3}]}}
JSON
}
slice() { # FAMILY POSITION
    cat <<JSON
{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "$1",
 "metadata": {"name": "full-$2", "namespace": "default", "labels": {"kubernetes.io/service-name": "full"}},
 "ports": [{"name": "x", "protocol": "SCTP", "port": 9000}],
 "endpoints": [{"addresses": ["$(address pod12 "$2")"]}, {"addresses": ["$(address pod22 "$2")"]}]}
JSON
}
for pod in pod12 pod22; do on $pod python3 scripts/kernels/sctp.py serve $pod >"$work/$pod" 2>&1 & done
check "servers listen" wait_for listening "$work/pod22"
service full "10.96.7.1 fd00:10:96::701" 30701 >"$manifests/full.json"
service empty "10.96.7.2 fd00:10:96::702" 30702 >"$manifests/empty.json"
slice IPv4 2 >"$manifests/slice-4.json"
slice IPv6 3 >"$manifests/slice-6.json"
for _ in {1..50}; do
    ! on node1 nft list map ip6 fairway node-port-endpoints 2>/dev/null | grep -q 9000 || break
    sleep 0.2
done

for address in 10.96.7.1 fd00:10:96::701; do
    for from in pod11 pod21 node1 world; do
        check "$from reaches a cluster IP over SCTP, $address" answers 'pod12|pod22' $from $address 90
    done
done
for address in 172.31.0.11 fd00:31::11; do
    check "the world reaches a node port, $address" answers 'pod12|pod22' world $address 30701
done

# Without endpoints. Over IPv6 nothing that `reject` can send ends an SCTP connect(): see docs/dataplane.md.
for from in pod11 pod21 node1 world; do check "$from is refused at once at 10.96.7.2" refused $from 10.96.7.2 90; done
check "the world is refused at once at a node port" refused world 172.31.0.12 30702
check "a pod is refused at once at a node port" refused pod11 172.31.0.11 30702
check "the node is refused at once at its own node port" refused node1 172.31.0.11 30702
conclude
