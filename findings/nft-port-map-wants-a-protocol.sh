#!/usr/bin/env bash
# nft 1.0.6 (Debian 12): `dnat to KEY map @m`, where the map's data hold an address and a port, wants the transport protocol
# in the same rule; a compare with one protocol or with an anonymous set of them will do, a named set of the same ones or a
# compare of the port itself will not.
#
# The message names what is missing, not that only some ways to say it count.
#
# Seen with nft 1.0.6-2+deb12u2 on Linux 6.18:
#     taken: meta l4proto tcp
#     taken: meta l4proto { tcp, udp, sctp }
#     refused: nothing; meta l4proto @transports; meta l4proto != icmp; th dport != 0; th dport 1-65535
# each refusal with "transport protocol mapping is only valid after transport protocol match".
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

try() {
    cat >"$folder/rules" <<RULES
table ip t {
    set transports { type inet_proto; elements = { tcp, udp, sctp } }
    map m { typeof meta mark : ip daddr . th dport; }
    chain c { $1 dnat ip to meta mark map @m; }
}
RULES
    unshare --net bash -c 'nft -f "$folder/rules"' 2>&1
}

nft --version
for match in 'meta l4proto tcp' 'meta l4proto { tcp, udp, sctp }'; do
    answer=$(try "$match") || { echo "changed: \"$match\" is refused: $answer"; exit 1; }
    echo "taken: $match"
done
for match in '' 'meta l4proto @transports' 'meta l4proto != icmp' 'th dport != 0' 'th dport 1-65535'; do
    if answer=$(try "$match"); then
        echo "changed: \"$match\" is taken"
        exit 1
    fi
    grep -q 'transport protocol mapping is only valid after transport protocol match' <<<"$answer" ||
        { echo "changed: \"$match\": $answer"; exit 1; }
    echo "refused: ${match:-nothing}"
done
