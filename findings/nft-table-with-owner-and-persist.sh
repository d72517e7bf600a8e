#!/usr/bin/env bash
# nft 1.0.6 (Debian 12) on a kernel that has table flags `owner` and `persist` (6.9 and later): it knows the first only. So a
# saved listing of such a table can never bring it back:
# - while the owner lives it says `flags owner`; loaded, nft itself is the owner of what it makes, and ends: no error, exit
#   status 0, no table;
# - when the owner has ended, `flags` with nothing behind it, which is a syntax error.
# The table itself outlives its owner, and from then on anybody may change it.
#
# Seen with nft 1.0.6-2+deb12u2 on Linux 6.18:
#     the owner lives: flags owner; others may not change it; loaded: exit status 0, tables: none
#     it has ended: flags; others may change it; loaded: syntax error, unexpected newline, expecting string
set -euo pipefail
version=1.0.6-2+deb12u2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq download "nftables=$version" "libnftables1=$version" libnftnl11=1.2.4-2 2>/dev/null
for package in ./*.deb; do dpkg-deb -x "$package" root; done
program=$folder/$(find root -type f -name nft)
libraries=$folder/$(dirname "$(find root -name libnftables.so.1)")
export program libraries

# Makes the table "ip t" over a socket of its own (NFT_MSG_NEWTABLE, flags owner and persist), and ends with its input.
cat >owner.py <<'PYTHON'
import socket, struct, sys

def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)

def message(kind, number, family, resource, body=b"", flags=0):
    payload = struct.pack("=BB", family, 0) + struct.pack("!H", resource) + body
    return struct.pack("=IHHII", 16 + len(payload), kind, 1 | flags, number, 0) + payload

nfnetlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
nfnetlink.bind((0, 0))
table = attribute(1, b"t\0") + attribute(2, struct.pack("!I", 2 | 4))
nfnetlink.send(message(16, 1, 0, 10) + message(10 << 8, 2, 2, 0, table, flags=0x404) + message(17, 3, 0, 10))
print("made" if struct.unpack("=i", nfnetlink.recv(8192)[16:20])[0] == 0 else "refused", flush=True)
sys.stdin.readline()
PYTHON

cat >session.sh <<'SESSION'
set -euo pipefail
nft() { LD_LIBRARY_PATH=$libraries "$program" "$@"; }
changed() { echo "changed: $*"; exit 1; }

mkfifo end made
python3 owner.py <end >made &
exec 3>end
[ "$(head -n 1 made)" = made ] || changed "the kernel refuses the flags"
nft list table ip t >owned
grep -q $'^\tflags owner$' owned || changed "the owner lives: $(cat owned)"
! nft add chain ip t c 2>/dev/null || changed "somebody else may change it"
status=0
unshare --net bash -c 'LD_LIBRARY_PATH=$libraries "$program" -f owned; LD_LIBRARY_PATH=$libraries "$program" list tables' >left ||
    status=$?
[ $status -eq 0 ] && [ ! -s left ] || changed "loaded: status $status, tables: $(cat left)"
echo "the owner lives: flags owner; others may not change it; loaded: exit status 0, tables: none"

echo >&3
wait
nft list table ip t >orphan
grep -q $'^\tflags $' orphan || changed "the owner has ended: $(cat orphan)"
nft add chain ip t c || changed "nobody may change it"
nft delete table ip t
answer=$(nft -f orphan 2>&1) && changed "it is loaded"
grep -q 'syntax error, unexpected newline, expecting string' <<<"$answer" || changed "loaded: $answer"
echo "it has ended: flags; others may change it; loaded: syntax error, unexpected newline, expecting string"
SESSION
unshare --net bash session.sh
