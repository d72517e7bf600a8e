#!/usr/bin/env bash
# Shows the whole thing at work between network namespaces; BREAK=proxy shows that its ticks are real.
. "$(dirname "$0")/common.sh"

is_root || fail "the demo makes network namespaces: run it as root (sudo make demo)"
need_packages nftables iproute2
need_bridge_netfilter
# It has 2,000 connections open at once.
raise_open_files
# In the foreground, so that Ctrl-C reaches the demo, which then removes what it made.
exec timeout --foreground -k 10 300 dist/fairway-lab demo ${BREAK:+--break "$BREAK"}
