#!/usr/bin/env bash
# Tests on other kernels: Debian's, in a virtual machine on this machine's own root. Outside `make test`, because it installs an
# emulator and takes up to 15 minutes a kernel. KERNELS="6.1" chooses, PARTS="smoke" too (scripts/kernels).
. "$(dirname "$0")/common.sh"
. scripts/kernels/package.sh
. scripts/kernels/machine.sh

is_root || fail "the virtual machine has this machine's root: run as root (sudo make test-kernels)"
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || fail "this takes Debian's kernels for amd64: run it on Debian, amd64"
need_packages qemu-system-x86 qemu-system-common busybox-static cpio kmod xz-utils \
    nftables iproute2 strace file python3 iputils-ping containernetworking-plugins
[ -x .build/release/fairwayPackageTests.xctest ] || fail "the tests are not built; run make build"

read -ra series <<<"${KERNELS:-6.1 6.12}"
read -ra parts <<<"${PARTS:-bridge-netfilter smoke sctp vlan tests}"
limit=900
cpus=2
accelerator=$(accelerator)

sockets=$(mktemp -d)
machine="" shares=() follower=""
finish() {
    # shellcheck disable=SC2086
    kill $machine $follower "${shares[@]}" 2>/dev/null || true
    rm -rf "$sockets"
}
trap finish EXIT
trap 'exit 130' INT TERM

[ -n "$(find /var/lib/apt/lists -name '*Packages*' -print -quit)" ] || apt-get update -qq
summary=()
broken=0
for one in "${series[@]}"; do
    kernel=$(kernel_folder "$one")
    version=$(ls "$kernel/lib/modules")
    out=$kernels/run-$one
    rm -rf "$out" "${sockets:?}"/*
    mkdir -p "$out"
    touch "$out/report"
    say "kernel $version by $accelerator (at most $limit s; what is said lies in ${out#"$root"/})"
    tail -f "$out/report" 2>/dev/null &
    follower=$!
    began=$SECONDS
    status=0
    boot "$kernel" "$out" $limit scripts/kernels/guest.sh "${parts[@]}" || status=$?
    sleep 0.5
    kill $follower
    wait $follower 2>/dev/null || true
    follower=
    [ $status -eq 0 ] || broken=$((broken + 1))
    summary+=("kernel $version: $(cat "$out/total" 2>/dev/null || echo "did not end"), $((SECONDS - began)) s")
done
printf '%s\n' "${summary[@]}"
[ $broken -eq 0 ]
