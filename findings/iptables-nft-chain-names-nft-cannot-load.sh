#!/usr/bin/env bash
# iptables 1.8.9 (nf_tables) and nft 1.0.6 (Debian 12): iptables-nft makes chains by any name, and nft lists them as they are;
# where the name is a word of nft's grammar (fwd, mark, log, drop, th, ...) or begins with a digit, nft refuses its own
# listing, and there is no way to quote it: one such chain in one table, and `nft list ruleset > file; nft -f file` brings
# back nothing of any table, because a file is one transaction.
#
# Seen with iptables 1.8.9-2 and nft 1.0.6-2+deb12u2 on Linux 6.18:
#     listed, and refused again: fwd dup log th ct mark tproxy flow osf limit counter drop accept inet ip quota 3x
#     listed, and taken: fwd2 web-1 k8s.io
# each refusal with "syntax error, unexpected" and the word.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq download iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 libip6tc2=1.8.9-2 \
    nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libmnl0=1.0.4-3 2>/dev/null
for package in ./*.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$folder/$(dirname "$(find root -name libnftables.so.1)")
XTABLES_LIBDIR=$folder/$(dirname "$(find root -name libxt_standard.so | head -1)")
multi=$folder/$(find root -type f -name xtables-nft-multi)
program=$folder/$(find root -type f -name nft)
export LD_LIBRARY_PATH XTABLES_LIBDIR multi program

# Whether a chain that iptables-nft made is taken from nft's listing of it.
reload() {
    unshare --net bash -c '
        "$multi" iptables-nft -N "$1" || exit 3
        "$program" list table ip filter >listing
        grep -q "chain $1 {" listing || exit 4
        "$program" delete table ip filter
        "$program" -f listing' _ "$1" 2>&1
}

"$multi" iptables-nft --version
"$program" --version
for name in fwd dup log th ct mark tproxy flow osf limit counter drop accept inet ip quota 3x; do
    status=0
    answer=$(reload "$name") || status=$?
    [ $status -eq 1 ] && grep -q 'syntax error, unexpected' <<<"$answer" ||
        { echo "changed: $name: status $status: $answer"; exit 1; }
    echo "listed, and refused again: $name"
done
for name in fwd2 web-1 k8s.io; do
    answer=$(reload "$name") || { echo "changed: $name: $answer"; exit 1; }
    echo "listed, and taken: $name"
done
