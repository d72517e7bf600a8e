#!/usr/bin/env bash
# A fresh boot: br_netfilter is a module that nobody has loaded. What is said of that, and who loads it.
. "$(dirname "$0")/../common.sh"
. scripts/kernels/check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
conf='{"cniVersion":"1.1.0","name":"fresh","type":"fairway","bridge":"fresh0","ipam":{"subnet":"10.88.0.0/24"}}'
mkdir "$work/manifests"

is_absent() { [ ! -e /proc/sys/net/bridge ]; }
is_present() { [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; }
once() { [ "$(grep -c -- "$1" "$2")" = 1 ] || { cat "$2"; return 1; }; }

# Starts the daemon, waits until it is ready, ends it, and says how long it took to that: daemon LOG WRAPPER...
daemon() {
    local log=$1 began pid
    shift
    began=$(date +%s%N)
    "$@" "$root/dist/fairway-proxy" --manifests "$work/manifests" --node-name fresh >"$log" 2>&1 &
    pid=$!
    wait_for ready "$log"
    took=$((($(date +%s%N) - began) / 1000000))
    kill "$pid"
    wait "$pid" || true
}

check "br_netfilter is not there" is_absent
plugin STATUS "$conf" none >"$work/status" 2>&1
check "STATUS fails" test $? -ne 0
check "STATUS says code 51" says '"code": *51' "$work/status"
check "STATUS names the cure" says 'modprobe br_netfilter' "$work/status"
check "STATUS is content where the configuration does not require it" \
    plugin STATUS "${conf/\"type\"/\"requireBridgeNetfilter\":false,\"type\"}" none

ip netns add fresh
check "ADD gives the pod its network all the same" plugin ADD "$conf" fresh
plugin DEL "$conf" fresh
plugin ADD "$conf" fresh >"$work/result" 2>"$work/warning"
check "ADD's warning names the module and the cure" says 'no br_netfilter.*modprobe br_netfilter' "$work/warning"
plugin DEL "$conf" fresh
ip netns delete fresh
check "the plugin has loaded nothing" is_absent

"${without_modprobe[@]}" dist/fairway-lab demo >"$work/demo" 2>&1
check "the demo does not begin where it may not load it" test $? -ne 0
check "and says what to do" says 'modprobe br_netfilter' "$work/demo"

daemon "$work/refused" "${without_modprobe[@]}"
refused=$took
check "a daemon that may not load it says so once" once 'no br_netfilter' "$work/refused"
check "with the cure" says 'modprobe br_netfilter' "$work/refused"
check "and it is still not there" is_absent
daemon "$work/allowed"
check "a daemon that may has loaded it" is_present
check "and says nothing of it" is_silent_of br_netfilter "$work/allowed"
check "STATUS is content then" plugin STATUS "$conf" none
dist/fairway-proxy cleanup

# For what comes next to load it again.
modprobe -r br_netfilter
conclude "daemon ready in $refused ms where the kernel loads its modules, $took ms with them"
