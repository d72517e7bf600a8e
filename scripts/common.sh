# Sourced by the other scripts: where things are, and how to say that something is wrong.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# Lets what follows open as many files as it may: 1024, which is Debian's default, are too few for tests that run side by side.
raise_open_files() {
    local wanted=65536 most
    most=$(ulimit -Hn)
    if [ "$most" != unlimited ] && [ "$most" -lt $wanted ]; then
        ! is_root || ulimit -Hn $wanted 2>/dev/null || true
        most=$(ulimit -Hn)
        [ "$most" = unlimited ] || [ "$most" -ge $wanted ] || wanted=$most
    fi
    [ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge $wanted ] || ulimit -n "$wanted"
    [ $wanted -ge 4096 ] || say "only $wanted files may be open (ulimit -n): tests may fail with EMFILE; raise the limit"
}

# Loads the module that nothing loads by itself; without it Services fail between pods of one node.
need_bridge_netfilter() {
    [ ! -e /proc/sys/net/bridge ] || return 0
    /sbin/modprobe br_netfilter 2>/dev/null || true
    [ -e /proc/sys/net/bridge ] || fail "the kernel has no br_netfilter: run modprobe br_netfilter, or boot a kernel that has it"
}

# Installs the Debian packages that are missing, as root; otherwise says which they are.
need_packages() {
    local package missing=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] \
            || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if ! command -v apt-get >/dev/null; then
        fail "these Debian packages, or their like on this system, are missing: ${missing[*]}"
    fi
    is_root || fail "packages are missing; install them with: sudo apt-get install ${missing[*]}"
    say "installing ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install ${missing[*]}"
    fi
    rm -f "$log"
}

# Fails unless Swift is there and new enough.
need_swift() {
    local wanted_major=6 wanted_minor=3 version major minor
    local cure="install Swift $wanted_major.$wanted_minor or later from https://www.swift.org/install/linux/ and put it on the PATH"
    command -v swift >/dev/null || fail "there is no swift command; $cure"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    IFS=. read -r major minor _ <<<"$version.0"
    if ! [ "${major:-0}" -gt "$wanted_major" ] 2>/dev/null \
        && ! { [ "${major:-0}" -eq "$wanted_major" ] && [ "${minor:-0}" -ge "$wanted_minor" ]; }; then
        fail "swift is version ${version:-unknown}; $cure"
    fi
}

# The seconds that a part of CI may take at most (scripts/budgets).
budget() { sed -nE "s/^$1 ([0-9]+)\$/\1/p" "$root/scripts/budgets"; }
