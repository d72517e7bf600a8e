#!/usr/bin/env bash
# Measures beside the competitors; see docs/performance.md for what the figures mean.
. "$(dirname "$0")/common.sh"

is_root || fail "the benchmarks make network namespaces: run them as root (sudo make bench)"
need_packages nftables iproute2 iptables containernetworking-plugins valgrind
need_bridge_netfilter
raise_open_files
[ -x benchmarks/run.sh ] || fail "benchmarks/run.sh does not exist"
exec benchmarks/run.sh "$@"
