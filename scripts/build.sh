#!/usr/bin/env bash
# Builds everything once, tests included, and leaves the stripped programs in dist/.
. "$(dirname "$0")/common.sh"

need_packages libnftnl-dev libmnl-dev libnl-3-dev libnl-route-3-dev pkg-config binutils
need_swift

# Static links make the linker warn about functions of the C library and of Foundation that are never called here.
unused='in statically linked applications requires|the use of .mktemp. is dangerous'
swift build -c release --build-tests 2>&1 | { grep -vE "$unused" || true; }

bin=$(swift build -c release --show-bin-path)
mkdir -p dist
for program in fairway fairway-proxy fairway-lab; do
    [ dist/$program -nt "$bin/$program" ] && continue
    # By rename, so that a program that runs from dist/ is replaced and not overwritten.
    strip -o "dist/.$program.new" "$bin/$program"
    mv -f "dist/.$program.new" "dist/$program"
    say "dist/$program ($(($(stat -c %s "dist/$program") / 1024)) KiB)"
done
