#!/usr/bin/env bash
# nft 1.0.6 with Linux 6.12.117: `meta l4proto` in the key of a set of concatenated ranges cannot be used. The value is one byte in
# host order; for sets with `flags interval`, whose keys are compared byte by byte, nft turns every part in host order into network
# order, this one too, as numbers of two bytes that are one byte long together (`--debug=netlink`: `[ byteorder reg 9 = hton(reg 9,
# 2, 1) ]`). Older kernels, and 6.18.44, take that for a step without effect; 6.12.117 refuses the rule with "Operation not
# supported", which names neither the step nor the set. A rule set that a node has loaded for years stops loading with a security
# update of its kernel. The same in a set without ranges, and `ip protocol` (in network order already) in either, go through.
#
# Seen with nft 1.0.6-2+deb12u2 on Debian's kernels, under emulation:
#     6.1.192: ranges with meta l4proto: 0, with ip protocol: 0; no ranges, meta l4proto: 0
#     6.12.117: ranges with meta l4proto: 1, with ip protocol: 0; no ranges, meta l4proto: 0
set -euo pipefail

command -v qemu-system-x86_64 cpio xz modprobe >/dev/null || apt-get -qq install -y qemu-system-x86 cpio xz-utils kmod >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq download nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libmnl0=1.0.4-3 \
    libxtables12=1.8.9-2 busybox-static=1:1.35.0-4+deb12u1+b1 2>/dev/null
for package in ./*.deb; do dpkg-deb -x "$package" tools && rm "$package"; done

# The machine's first and only process.
cat >init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
for module in /modules/*; do insmod "$module"; done
nft -f - <<'NFT'
table ip t {
    set ranges { type ipv4_addr . inet_proto; flags interval; }
    set plain { type ipv4_addr . inet_proto; }
    chain c { }
}
NFT
# status SET KEY
status() {
    local code=0
    nft add rule ip t c "$2" "@$1" drop >/dev/null 2>/said || code=$?
    echo $code
}
echo "RESULT ranges with meta l4proto: $(status ranges 'ip saddr . meta l4proto') $(grep -o 'Operation not supported' /said)"
echo "RESULT ranges with ip protocol: $(status ranges 'ip saddr . ip protocol')"
echo "RESULT no ranges, meta l4proto: $(status plain 'ip saddr . meta l4proto')"
poweroff -f
INIT
chmod +x init

# on PACKAGE=VERSION: what the rules come to on that kernel.
on() {
    local kernel=$PWD/kernel tree=$PWD/tree version library count=0
    rm -rf "$kernel" "$tree"
    apt-get -qq download "$1" 2>/dev/null
    dpkg-deb -x linux-image-*.deb "$kernel"
    rm linux-image-*.deb
    version=$(ls "$kernel/lib/modules")
    depmod -b "$kernel" "$version"
    mkdir -p "$tree"/{bin,proc,modules,lib64,lib/x86_64-linux-gnu}
    cp init "$tree/"
    cp tools/bin/busybox tools/usr/sbin/nft "$tree/bin/"
    LD_LIBRARY_PATH=$(dirname "$(find "$PWD/tools" -name libnftables.so.1)") ldd tools/usr/sbin/nft |
        grep -o '/[^ ]*' | while read -r library; do
        case $library in
        */ld-linux*) cp "$library" "$tree/lib64/" ;;
        *) cp "$library" "$tree/lib/x86_64-linux-gnu/" ;;
        esac
    done
    modprobe -d "$kernel" -S "$version" --show-depends nf_tables | awk '/^insmod/ { print $2 }' | while read -r module; do
        count=$((count + 1))
        case $module in
        *.xz) xz -dc "$module" ;;
        *) cat "$module" ;;
        esac >"$tree/modules/$(printf '%02d' $count).ko"
    done
    (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >initramfs
    timeout 180 qemu-system-x86_64 -machine q35,accel=tcg -cpu max -m 512 -nodefaults -display none -no-reboot -serial stdio \
        -kernel "$kernel"/boot/vmlinuz-* -initrd initramfs -append "console=ttyS0 quiet panic=-1 no_timer_check" </dev/null |
        tr -d '\r' | sed -n 's/.*RESULT //p'
}

for kernel in linux-image-6.1.0-57-cloud-amd64=6.1.192-3 'linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1'; do
    found=$(on "$kernel")
    printf '%s:\n%s\n' "$kernel" "$found"
    case $kernel in
    *=6.1.*) refused=0 words= ;;
    *) refused=1 words='Operation not supported' ;;
    esac
    grep -qx "ranges with meta l4proto: $refused $words" <<<"$found"
    grep -qx 'ranges with ip protocol: 0' <<<"$found"
    grep -qx 'no ranges, meta l4proto: 0' <<<"$found"
done
