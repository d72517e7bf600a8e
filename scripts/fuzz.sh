#!/usr/bin/env bash
# Gives the plugin damaged inputs: fuzz.sh [COUNT] [SEED]. Outside `make test`, which tries 2,000 of them.
. "$(dirname "$0")/common.sh"

is_root || fail "network namespaces are made: run as root"
need_bridge_netfilter
raise_open_files
count=${1:-100000}
export FAIRWAY_FUZZ=$count FAIRWAY_FUZZ_SEED=${2:-$(od -An -N8 -tu8 /dev/urandom | tr -d ' ')}

say "$count damaged inputs, seed $FAIRWAY_FUZZ_SEED"
# An idle machine needs 3 ms for each; a busy one many times that.
timeout -k 10 $((600 + count / 20)) swift test -c release --skip-build --filter '^CNIPluginTests\.FuzzTests'
