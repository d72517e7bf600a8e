# Sourced by test-kernels.sh: where a kernel of Debian's comes from.
# shellcheck shell=bash

# Unpacked kernels are kept there, with what the last run of each said.
kernels=$root/.build/kernels

# The newest cloud kernel of a series, as the metapackages name it; nothing where this Debian has none.
kernel_package() {
    apt-cache depends "linux-image-$1-cloud-amd64" linux-image-cloud-amd64 2>/dev/null \
        | sed -nE "s/^ *Depends: (linux-image-${1//./\\.}[.-].*-cloud-amd64)$/\1/p" | sort -V | tail -n 1
}

# Unpacks a series' kernel and says where it lies. It is never installed: no boot loader and no hook hears of it.
# For a subshell of its own, $(…): what it has begun to unpack goes when that ends, however it does.
kernel_folder() {
    local package folder unpacked
    package=$(kernel_package "$1")
    [ -n "$package" ] || fail "no package linux-image-$1-cloud-amd64 here: KERNELS names series that this Debian has"
    folder=$kernels/$package
    if [ ! -d "$folder" ]; then
        say "getting $package"
        mkdir -p "$kernels"
        unpacked=$(mktemp -d "$kernels/.unpack-XXXXXX")
        # shellcheck disable=SC2064
        trap "rm -rf '$unpacked' '$unpacked.log'" EXIT
        trap 'exit 130' INT TERM
        if ! (cd "$unpacked" && apt-get download -q "$package" && dpkg-deb -x ./*.deb . && rm ./*.deb \
            && depmod -b . "$(ls lib/modules)") >"$unpacked.log" 2>&1; then
            tail -n 20 "$unpacked.log" >&2
            fail "could not get $package"
        fi
        # Its predecessors go.
        rm -rf "$kernels/linux-image-$1"[.-]*
        mv "$unpacked" "$folder"
    fi
    printf '%s\n' "$folder"
}
