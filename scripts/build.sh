#!/usr/bin/env bash
# Builds everything once, tests included, and leaves the stripped programs in dist/.
. "$(dirname "$0")/common.sh"

need_packages libnftnl-dev libmnl-dev libnl-3-dev libnl-route-3-dev zlib1g-dev pkg-config binutils
need_swift

# The plugin's stand-in for parts of Swift's runtime holds for the toolchain that it was written for.
fits=$(scripts/swift-stand-in.sh)
[ "$fits" = yes ] || export FAIRWAY_SWIFT_STAND_IN=no

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

# By what is in the program: Package.swift may have left it out too.
if ! grep -q ' 0000000000000200 . _swift_backtraceSettings$' <<<"$(nm -S "$bin/fairway")"; then
    [ "$fits" != yes ] || fits="no: Package.swift names the version of another compiler"
    say "dist/fairway is built without CSwiftStandIn (${fits#no: }); it works, and starts a little later"
fi

# What the programs are distributed under, and what they are made of.
mkdir -p dist/LICENSES
cp NOTICE dist/NOTICE
cp LICENSE dist/LICENSES/Apache-2.0.txt
cp LICENSES/*.txt dist/LICENSES/
for package in .build/checkouts/*; do
    cat "$package"/LICENSE* "$package"/NOTICE* >"dist/LICENSES/$(basename "$package").txt" 2>/dev/null || true
done
