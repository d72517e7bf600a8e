#!/usr/bin/env bash
# Runs every benchmark once and prints the figures for docs/performance.md. Needs root: it makes network namespaces.
#
# The comparison with Debian's containernetworking-plugins is left out, loudly, where they are not installed.
set -euo pipefail
cd "$(dirname "$0")/.."

bench=.build/release/fairway-bench
if [ ! -x "$bench" ]; then
    echo "benchmarks: $bench is missing; run 'make bench'" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "benchmarks: they make network namespaces and need root" >&2
    exit 1
fi

export FAIRWAY_BENCH_JSON=$PWD/dist/benchmarks.json
rm -f "$FAIRWAY_BENCH_JSON"
echo "machine: $(nproc) cores, $(uname -r), $(swift --version 2>/dev/null | head -n 1)"
echo
echo "== from decoded objects, beside the same bytes sent again and a bare libnftnl loop"
"$bench" sync
"$bench" sync --services 10000 --mix mixed
"$bench" sync --services 2000 --mix affinity
"$bench" steps
"$bench" steps --services 10000 --mix mixed
"$bench" steps --services 100 2000 --mix affinity
echo
echo "== from files"
"$bench" files
export FAIRWAY_DIST=$PWD/dist
echo
echo "== the daemon"
"$bench" daemon
# The real daemon beside an API server.
"$bench" cluster
"$bench" cluster --services 50000 --rates 20
echo
echo "== new connections"
"$bench" latency
echo
echo "== established flows"
clang -O2 -o dist/fairway-traffic benchmarks/Traffic/traffic.c -lpthread
"$bench" flows
echo
echo "== plugin"
if [ -x /usr/lib/cni/bridge ]; then
    # Static, and started by glibc, as the plugin is: the distance between them is the plugin's own.
    clang -O2 -static -o dist/fairway-floor benchmarks/Floor/floor.c
    "$bench" plugin
else
    echo "NOT MEASURED: /usr/lib/cni/bridge is missing; install the Debian package containernetworking-plugins" >&2
    exit 1
fi
echo
echo "== instructions in user space"
benchmarks/instructions.sh
mkdir -p dist/plots
"$bench" plots "$FAIRWAY_BENCH_JSON" dist/plots
echo "rows: $FAIRWAY_BENCH_JSON, drawings: dist/plots"
