#!/usr/bin/env bash
# Checks the code's form, and the rules of the architecture that no compiler knows.
. "$(dirname "$0")/common.sh"

need_packages file binutils

problems=0
complain() {
    printf 'lint: %s\n' "$*" >&2
    problems=$((problems + 1))
}

# The modules that a target's files import.
imports() {
    grep -rhoE '^ *((package|public|internal|private|fileprivate|@[A-Za-z]+) +)*import +([a-z]+ +)?[A-Za-z0-9_]+' \
        --include='*.swift' "$1" | awk '{print $NF}' | sort -u
}

# Complains about each import of a target that is not in the list that follows its name.
may_import() {
    local target=$1 module
    shift
    for module in $(imports "Sources/$target"); do
        case " $* " in
        *" $module "*) ;;
        *) complain "Sources/$target imports $module; docs/architecture.md does not allow that arrow" ;;
        esac
    done
}

swift format lint --strict --recursive --parallel Package.swift Sources Tests benchmarks || complain "swift format"

# Arrows: values and decisions do no I/O and reach no C; only a wrapper imports its library.
may_import NetworkTypes
may_import KubeModel NetworkTypes
may_import JSON
may_import CNIProtocol JSON NetworkTypes
may_import Frontends NetworkTypes KubeModel
may_import HostIPAM CNIProtocol JSON NetworkTypes
may_import Attachments CNIProtocol NetworkTypes
may_import AttachPlan Attachments CNIProtocol HostIPAM JSON NetworkTypes
may_import LinuxSystem NetworkTypes CLinux Glibc Synchronization
may_import RouteNetlink NetworkTypes LinuxSystem CNL CLinux Glibc
may_import NFTables NetworkTypes LinuxSystem CNFTNL CMNL Glibc
may_import Conntrack NetworkTypes LinuxSystem CMNL Glibc
may_import ServiceTables NetworkTypes NFTables Frontends
may_import PodTables Attachments NetworkTypes NFTables
may_import AttachmentStore Attachments JSON LinuxSystem NFTables NetworkTypes PodTables Glibc
may_import LeaseStore Attachments HostIPAM LinuxSystem NetworkTypes Glibc
may_import ManifestSource KubeModel LinuxSystem FoundationEssentials Glibc Logging Synchronization Yams
may_import CNIPlugin AttachPlan AttachmentStore Attachments CNIProtocol Conntrack HostIPAM JSON LeaseStore LinuxSystem \
    NFTables NetworkTypes PodTables RouteNetlink Glibc
may_import fairway CNIPlugin Glibc
for module in CNFTNL CMNL CNL; do
    for target in Sources/*; do
        case "$module:${target#Sources/}" in CNFTNL:NFTables | CMNL:NFTables | CMNL:Conntrack | CNL:RouteNetlink) continue ;; esac
        ! imports "$target" | grep -qx "$module" || complain "$target imports $module, which a wrapper target hides"
    done
done
! grep -rnE '@testable|^ *public ' --include='*.swift' Sources Tests || complain "use package access, not public or @testable"

# Size: a file holds one idea.
while read -r lines file; do
    [ "$file" = total ] || [ "$lines" -le 400 ] || complain "$file has $lines lines; split it"
done < <(find Sources -name '*.swift' -exec wc -l {} +)

# The plugin runs on a host that has no libraries, and starts at once.
if [ -f dist/fairway ]; then
    file dist/fairway | grep -q 'statically linked' || complain "dist/fairway is not statically linked"
    size=$(stat -c %s dist/fairway)
    [ "$size" -le $((20 << 20)) ] || complain "dist/fairway has $size bytes; 20 MiB is the limit"
    symbols=$(nm "$(swift build -c release --show-bin-path)/fairway")
    for mark in swift_task_create s7NIOCore s10Foundation; do
        ! grep -q "$mark" <<<"$symbols" || complain "dist/fairway contains $mark: it must not reach NIO, _Concurrency or Foundation"
    done
else
    complain "dist/fairway does not exist; run make build"
fi

# The repository holds for any machine.
tracked=$(git ls-files 2>/dev/null || find . -path ./.build -prune -o -type f -print)
# shellcheck disable=SC2086
! grep -nIE '(/home/[a-z]|/root/|/Users/|/opt/swift|/wor[k]/)' $tracked /dev/null | grep -v '^scripts/lint.sh:' \
    || complain "a path of one machine"
for script in scripts/*.sh .ci/run; do bash -n "$script" || complain "$script"; done
if command -v shellcheck >/dev/null; then shellcheck -x scripts/*.sh .ci/run || complain "shellcheck"; fi

[ $problems -eq 0 ] || fail "$problems problem(s)"
say "lint: nothing to complain about"
