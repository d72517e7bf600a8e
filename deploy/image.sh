#!/bin/sh
# Gathers what the image holds in dist/image and builds it with podman, as localhost/fairway-proxy:VERSION and :latest.
# PODMAN says with what to build instead: PODMAN=docker, or podman with options. Run make build before.
set -eu

cd "$(dirname "$0")/.."
image=dist/image

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

for program in fairway fairway-proxy; do
    [ -x dist/$program ] || fail "there is no dist/$program; run make build"
done
# The host's modprobe, because the image has no shell that could find the host's.
kmod=$(command -v kmod || echo /bin/kmod)
[ -x "$kmod" ] || fail "there is no kmod; install Debian's package kmod, or this system's like"

rm -rf $image
mkdir -p $image/sbin $image/LICENSES/libraries
cp dist/fairway dist/fairway-proxy dist/NOTICE $image/
cp dist/LICENSES/* $image/LICENSES/
cp -L "$kmod" $image/sbin/modprobe

# Each library to the path where the loader found it, the loader itself among them.
libraries=$(ldd dist/fairway-proxy $image/sbin/modprobe) || fail "ldd cannot say what the programs load"
case $libraries in
*"not found"*) fail "a library is missing: $(printf '%s\n' "$libraries" | grep 'not found')" ;;
esac
printf '%s\n' "$libraries" | sed -nE 's/^[^/]*(\/[^ :]+) \(0x.*/\1/p' | sort -u | while read -r library; do
    mkdir -p "$image${library%/*}"
    cp -L "$library" "$image$library"
done

# The licence of each package that one of these files is of, where the system is Debian's.
if command -v dpkg-query >/dev/null; then
    (cd $image && find lib* sbin -type f) | while read -r file; do
        [ "$file" != sbin/modprobe ] || file=bin/kmod
        dpkg-query -S "/$file" 2>/dev/null || dpkg-query -S "/usr/$file" 2>/dev/null || true
    done | sed 's/:.*//' | sort -u | while read -r package; do
        cp "/usr/share/doc/$package/copyright" "$image/LICENSES/libraries/$package"
    done
fi

version=$(dist/fairway-proxy --version)
# shellcheck disable=SC2086 # options, if there are any, are words of their own
${PODMAN:-podman} build --tag "localhost/fairway-proxy:$version" --tag localhost/fairway-proxy:latest \
    --file deploy/Containerfile $image
du -sh $image | sed 's/\t.*//; s/^/size: /'
