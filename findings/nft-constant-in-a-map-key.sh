#!/usr/bin/env bash
# nft 1.0.6 (Debian 12): a key that is looked up cannot hold a constant beside something of the packet; a random number out
# of one can, and means the same.
#
# A rule that knows a number (of a tenant, a pool) and wants to look up "that number . something of the packet" writes
#     meta priority . 0x8 map @m
# which the parser takes and the evaluation refuses. `numgen random mod 1 offset 8` is always 8, is taken as a part of a
# key, lists as it was written and loads again. The map has to be declared with `typeof … numgen random mod 2`: with `type`
# there is no name for the part.
#
# Seen with nft 1.0.6-2+deb12u2 on Linux 6.18:
#     a constant: rules:3:49-51: Error: Can't parse symbolic invalid expressions
#     a random number out of one: meta priority set meta priority . numgen random mod 1 offset 8 map @m
# and the listing of the second loads again.
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

# Loads a rule that looks for a key; says what nft answers or how it lists the rule.
try() {
    cat >"$folder/rules" <<RULES
table ip t {
    map m { typeof meta priority . numgen random mod 2 : meta priority; }
    chain c { meta priority set $1 map @m; }
}
RULES
    unshare --net bash -c 'nft -f "$folder/rules" && nft list chain ip t c && nft list ruleset >"$folder/again" &&
        nft flush ruleset && nft -f "$folder/again" && echo loads again' 2>&1
}

fail() { echo "changed: $1"; exit 1; }

nft --version
literal=$(try 'meta priority . 0x8') && fail "a constant is taken"
echo "a constant: $(echo "$literal" | head -1)"
grep -q "Can't parse symbolic invalid expressions" <<<"$literal" || fail "another error: $literal"
number=$(try 'meta priority . numgen random mod 1 offset 8') || fail "the number is refused: $number"
echo "a random number out of one: $(grep numgen <<<"$number")"
grep -q 'loads again' <<<"$number" || fail "the listing does not load"
