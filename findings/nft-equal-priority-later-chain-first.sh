#!/usr/bin/env bash
# Two NAT chains of different tables on one hook at one priority: the chain that was made later sees a packet first, and decides.
#
# nft(8) orders chains by priority and says nothing of equal ones, which the names srcnat and dstnat make usual: kube-proxy's
# nftables mode, other service proxies and redirects made by hand all sit at -100. The newcomer wins, and a table that is deleted
# and made again, as by a service that reloads, moves from the last place to the first. No listing shows the order.
#
# Seen with nft 1.0.6-2+deb12u2 on Linux 6.18:
#     one, then two: two decides
#     one made again: one decides
set -euo pipefail
version=1.0.6-2+deb12u2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq download "nftables=$version" "libnftables1=$version" libnftnl11=1.2.4-2 2>/dev/null
for package in ./*.deb; do dpkg-deb -x "$package" root; done
program=$(find root -type f -name nft)
libraries=$(dirname "$(find root -name libnftables.so.1)")
nft() { LD_LIBRARY_PATH=$folder/$libraries "$folder/$program" "$@"; }
export -f nft
export folder program libraries

cat >"$folder/ask.py" <<'PY'
import socket

servers = {}
for port, name in ((7001, "one"), (7002, "two")):
    servers[name] = socket.create_server(("127.0.0.1", port))
    servers[name].settimeout(0.5)
client = socket.create_connection(("127.0.0.1", 7000), timeout=5)
for name, server in servers.items():
    try:
        server.accept()
        print(name)
    except TimeoutError:
        pass
PY

cat >"$folder/run" <<'RUN'
table() { nft "table ip $1 { chain c { type nat hook output priority -100; tcp dport 7000 redirect to :$2; }; }"; }
ip link set lo up
table one 7001
table two 7002
echo "one, then two: $(python3 ask.py) decides"
nft delete table ip one
table one 7001
echo "one made again: $(python3 ask.py) decides"
RUN

nft --version
said=$(unshare --net bash -euo pipefail "$folder/run")
echo "$said"
[ "$said" = $'one, then two: two decides\none made again: one decides' ] || { echo "changed"; exit 1; }
