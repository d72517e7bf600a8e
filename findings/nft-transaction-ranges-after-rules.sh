#!/usr/bin/env bash
# nf_tables, Linux 6.18: a transaction is one point in time for rules and for elements of plain sets, but not for sets of
# ranges (`flags interval`): what is added there is found from the end of the commit on only, while rules of the same
# transaction are in force from its middle on. A table that is loaded whole, by `nft -f` with
# one file, drops what it allows for as long as the commit takes after that: thousands of packets where there are many
# elements besides. A rule "not in the set: drop" is the wrong way round for that moment. With a plain set no packet meets
# it. The cure is two transactions: the ranges first, and then the rules that look for them.
#
# Seen with nft 1.0.6-2+deb12u2 on Linux 6.18.44, one sender on loopback, 200,000 elements of another set in the file:
#     plain set: 0 packets dropped
#     ranges: 1910 packets dropped (1,000 to 8,000)
#     ranges, one transaction before: 0 packets dropped
set -euo pipefail

if [ "${INSIDE:-}" != yes ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq download nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libmnl0=1.0.4-3 \
        libxtables12=1.8.9-2 2>/dev/null
    for package in ./*.deb; do dpkg-deb -x "$package" root; done
    LD_LIBRARY_PATH=$folder/$(dirname "$(find root -name libnftables.so.1)")
    program=$folder/$(find root -type f -name nft)
    export LD_LIBRARY_PATH program
    INSIDE=yes unshare --net bash "$(readlink -f "$OLDPWD/$0" 2>/dev/null || readlink -f "$0")"
    exit
fi

# file NAME TYPE FLAGS ELEMENT KEY: a table that allows 127.0.0.9, and has many elements besides.
file() {
    python3 - "$@" <<'PY'
import sys
name, kind, flags, element, key = sys.argv[1:]
many = ", ".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(200000))
sets = f"add table ip t\nadd set ip t s {{ type {kind}; {flags} }}\nadd element ip t s {{ {element} }}\n"
rest = f"""add set ip t many {{ type ipv4_addr; }}
add chain ip t out {{ type filter hook output priority 0; }}
add rule ip t out ip daddr 127.0.0.9 {key} != @s counter drop
add element ip t many {{ {many} }}
"""
open(name, "w").write(sets + rest)
open(name + ".sets", "w").write(sets)
open(name + ".rest", "w").write(rest)
PY
}

# dropped FILE...: how many packets to 127.0.0.9 meet the rule while the files are loaded, one transaction each.
dropped() {
    # Ahead of whatever else the machine does, so that it sends in the very moment.
    nice -n -20 python3 -c '
import socket, time
s, end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), time.time() + 6
while time.time() < end:
    try: s.sendto(b"x", ("127.0.0.9", 9))
    except OSError: pass' &
    local sender=$!
    sleep 1
    for each in "$@"; do "$program" -f "$each"; done
    "$program" list chain ip t out | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
    wait $sender
    "$program" delete table ip t
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ip link set lo up
"$program" --version
file plain ipv4_addr '' 127.0.0.9 'ip daddr'
file ranges ipv4_addr 'flags interval;' 127.0.0.0/8 'ip daddr'
# meets FILE: drops in one of five attempts, because the sender may rest at that moment.
meets() {
    for _ in 1 2 3 4 5; do
        found=$(dropped "$1")
        [ "$found" -eq 0 ] || return 0
    done
    return 1
}

plain=$(dropped plain)
echo "plain set: $plain packets dropped"
[ "$plain" -eq 0 ] || { echo "changed"; exit 1; }
meets ranges || { echo "changed: no packet meets ranges that come with the rule"; exit 1; }
echo "ranges: $found packets dropped"
before=$(dropped ranges.sets ranges.rest)
echo "ranges, one transaction before: $before packets dropped"
[ "$before" -eq 0 ] || { echo "changed"; exit 1; }
