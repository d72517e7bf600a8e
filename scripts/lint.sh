#!/usr/bin/env bash
# Checks the code's form, and the rules of the architecture that no compiler knows.
. "$(dirname "$0")/common.sh"

need_packages file binutils

problems=0
complain() {
    printf 'lint: %s\n' "$*" >&2
    problems=$((problems + 1))
}

# The modules that a target's files import; text between two """ may be another language.
imports() {
    find "$1" -name '*.swift' -exec awk '
        { count = gsub(/"""/, "&"); if (inside) { if (count % 2) inside = 0; next } if (count % 2) inside = 1 }
        { print }' {} + | sed -nE \
        's/^ *((package|public|internal|private|fileprivate|@[A-Za-z]+) +)*import +([a-z]+ +)?([A-Za-z0-9_]+).*/\4/p' | sort -u
}

# Where a target's files lie.
folder() {
    case $1 in
    fairway-bench) echo benchmarks/Sources ;;
    *Tests | TestSupport | TestAPIServer) echo "Tests/$1" ;;
    *) echo "Sources/$1" ;;
    esac
}

checked=" "
# Complains about each import of a target that is not in the list that follows its name.
may_import() {
    local target=$1 module
    checked+="$(folder "$target") "
    shift
    for module in $(imports "$(folder "$target")"); do
        case " $* " in
        *" $module "*) ;;
        *) complain "$(folder "$target") imports $module; docs/architecture.md does not allow that arrow" ;;
        esac
    done
}

# The same for a test target: what every test may use, and what follows its name.
test_may_import() { may_import "$@" TestSupport Testing FoundationEssentials Glibc Synchronization; }

swift format lint --strict --recursive --parallel Package.swift Sources Tests benchmarks || complain "swift format"

# Arrows: values and decisions do no I/O and reach no C; only a wrapper imports its library.
may_import NetworkTypes
may_import KubeModel JSON NetworkTypes
may_import JSON
may_import CNIProtocol JSON NetworkTypes
may_import Frontends NetworkTypes KubeModel
may_import Allocations JSON KubeModel NetworkTypes
may_import HostIPAM CNIProtocol JSON NetworkTypes
may_import Attachments CNIProtocol NetworkTypes
may_import AttachPlan Attachments CNIProtocol HostIPAM JSON NetworkTypes
may_import LinuxSystem NetworkTypes CLinux Glibc Synchronization
may_import RouteNetlink NetworkTypes LinuxSystem CNL CLinux Glibc
may_import NFTables NetworkTypes LinuxSystem CNFTNL CMNL Glibc
may_import Conntrack NetworkTypes LinuxSystem CMNL Glibc
may_import ServiceTables NetworkTypes NFTables Frontends
may_import PodTables Attachments NetworkTypes NFTables
may_import TableKeeper LinuxSystem NFTables Synchronization
may_import AttachmentStore Attachments JSON LinuxSystem NFTables NetworkTypes PodTables TableKeeper Glibc
may_import LeaseStore Attachments HostIPAM LinuxSystem NetworkTypes Glibc
may_import YAML JSON Yams
may_import ManifestSource JSON KubeModel LinuxSystem YAML Glibc Logging Synchronization
# Generated: of its two Foundations only one is there.
may_import KubeWire Foundation FoundationEssentials SwiftProtobuf
may_import KubeClient JSON KubeModel KubeWire LinuxSystem NetworkTypes YAML AsyncHTTPClient FoundationEssentials Glibc Logging NIOCore NIOHTTP1 NIOPosix NIOSSL SwiftProtobuf Synchronization
may_import CNIPlugin AttachPlan AttachmentStore Attachments CNIProtocol Conntrack HostIPAM JSON LeaseStore LinuxSystem \
    NFTables NetworkTypes PodTables RouteNetlink TableKeeper Glibc
may_import Daemons JSON LinuxSystem NetworkTypes Logging NIOCore NIOHTTP1 NIOPosix Synchronization
may_import ProxyDaemon YAML Allocations Conntrack Daemons Frontends JSON KubeClient KubeModel LinuxSystem ManifestSource NFTables NetworkTypes RouteNetlink ServiceTables TableKeeper \
    ArgumentParser Glibc Logging ServiceLifecycle Synchronization UnixSignals
may_import Lab CLinux LinuxSystem NetworkTypes ArgumentParser FoundationEssentials Glibc Synchronization
may_import fairway CNIPlugin Glibc
may_import fairway-proxy ProxyDaemon ArgumentParser
may_import fairway-lab Lab
may_import fairway-bench KubeWire SwiftProtobuf TestAPIServer TestSupport TableKeeper BareLoop Conntrack Frontends KubeModel Lab LinuxSystem ManifestSource NFTables NetworkTypes ProxyDaemon \
    ServiceTables ArgumentParser FoundationEssentials Glibc Logging Synchronization
may_import TestSupport LinuxSystem NFTables TableKeeper Glibc Logging Synchronization
may_import TestAPIServer TestSupport FoundationEssentials NIOCore NIOPosix NIOSSL Synchronization

# Tests: the room that they test, and what they need around it; none reaches a C library of netlink.
test_may_import AllocationsTests Allocations JSON KubeModel NetworkTypes
test_may_import AttachPlanTests AttachPlan Attachments CNIProtocol HostIPAM NetworkTypes
test_may_import AttachmentStoreTests AttachmentStore Attachments LinuxSystem NFTables NetworkTypes PodTables
test_may_import AttachmentsTests Attachments CNIProtocol NetworkTypes
test_may_import CMNLStandInTests CMNLComparison
test_may_import CNIPluginTests AttachPlan AttachmentStore Attachments CNIPlugin CNIProtocol HostIPAM JSON LinuxSystem \
    NFTables NetworkTypes PodTables RouteNetlink
test_may_import CNIProtocolTests CNIProtocol JSON NetworkTypes
test_may_import ConntrackTests Conntrack LinuxSystem NFTables NetworkTypes
test_may_import DaemonsTests Daemons LinuxSystem NetworkTypes NIOCore NIOPosix Logging
test_may_import EndToEndTests TestAPIServer Lab LinuxSystem NFTables NetworkTypes
test_may_import FrontendsTests Frontends KubeModel NetworkTypes
test_may_import HostIPAMTests CNIProtocol HostIPAM JSON NetworkTypes
test_may_import JSONTests JSON
test_may_import KubeClientTests JSON KubeClient KubeModel LinuxSystem NetworkTypes TestAPIServer Logging
test_may_import KubeModelTests JSON KubeModel NetworkTypes
test_may_import LabTests Lab NetworkTypes
test_may_import LinuxSystemTests LinuxSystem
test_may_import ManifestSourceTests JSON KubeModel LinuxSystem ManifestSource NetworkTypes YAML Logging
test_may_import NFTablesTests LinuxSystem NFTables NetworkTypes
test_may_import NetworkTypesTests NetworkTypes
test_may_import PodTablesTests Attachments LinuxSystem NFTables NetworkTypes PodTables
test_may_import ProxyDaemonTests Daemons Frontends KubeModel LinuxSystem NFTables NetworkTypes ProxyDaemon ServiceTables TestAPIServer TableKeeper \
    Logging
test_may_import RouteNetlinkTests LinuxSystem NetworkTypes RouteNetlink
test_may_import ScenarioTests LinuxSystem NetworkTypes TestAPIServer
test_may_import TableKeeperTests LinuxSystem NFTables NetworkTypes TableKeeper
test_may_import YAMLTests JSON YAML
test_may_import ServiceTablesTests Frontends KubeModel LinuxSystem NFTables NetworkTypes ServiceTables
test_may_import UpgradeTests LinuxSystem NFTables

for folder in Sources/* Tests/* benchmarks/*; do
    [ -n "$(find "$folder" -name '*.swift' -print -quit)" ] || continue
    case $checked in
    *" $folder "*) ;;
    *) complain "$folder has no line here that says what it may import" ;;
    esac
done
! grep -rnE '@testable|^ *public ' --include='*.swift' Sources Tests benchmarks || complain "use package access, not public or @testable"

# Size: a file holds one idea; generated code is nobody's to read.
while read -r lines file; do
    [ "$file" = total ] || [ "$lines" -le 400 ] || complain "$file has $lines lines; split it"
done < <(find Sources -name '*.swift' ! -name '*.pb.swift' -exec wc -l {} +)

bin=$(swift build -c release --show-bin-path)
# The plugin runs on a host that has no libraries, and starts at once.
if [ -f dist/fairway ]; then
    file dist/fairway | grep -q 'statically linked' || complain "dist/fairway is not statically linked"
    size=$(stat -c %s dist/fairway)
    [ "$size" -le $((20 << 20)) ] || complain "dist/fairway has $size bytes; 20 MiB is the limit"
    symbols=$(nm "$bin/fairway")
    for mark in swift_task_create s7NIOCore s10Foundation; do
        ! grep -q "$mark" <<<"$symbols" || complain "dist/fairway contains $mark: it must not reach NIO, _Concurrency or Foundation"
    done
else
    complain "dist/fairway does not exist; run make build"
fi

# The version stands in one place, and every program prints it.
version=$(sed -nE 's/.*version = "(.*)"/\1/p' Sources/NetworkTypes/Release.swift)
! grep -rnE "let [A-Za-z]+(: String)? = \"$version\"" --include='*.swift' Sources benchmarks | grep -v '^Sources/NetworkTypes/Release.swift:' \
    || complain "the version is Release.version"
for program in fairway fairway-proxy fairway-lab; do
    [ ! -f "dist/$program" ] || [ "$("dist/$program" --version | awk '{print $NF}')" = "$version" ] \
        || complain "dist/$program --version is not $version"
done

# NOTICE and README name what is distributed under the GPL, because libnftnl is a part of it; nothing has libnl-route-3.
gpl=
for program in fairway fairway-proxy fairway-lab; do
    symbols=$(nm "$bin/$program" 2>/dev/null || true)
    ! grep -q ' nftnl_' <<<"$symbols" || gpl+="$program "
    ! grep -q ' rtnl_' <<<"$symbols" || complain "$program has parts of libnl-route-3; NOTICE does not say so"
done
[ "$gpl" = "fairway fairway-proxy " ] || complain "libnftnl is a part of: $gpl; NOTICE and README say fairway and fairway-proxy"
for text in NOTICE LICENSES/GPL-3.0.txt LICENSES/LGPL-2.1.txt LICENSES/Apache-2.0.txt; do
    [ -s "dist/$text" ] || complain "dist/$text is missing"
done

# CI's limits: 75 minutes, and the suites' with what is kept for later within the tests'.
[ $(($(budget build) + $(budget lint) + $(budget tests))) -le 4500 ] || complain "CI may take more than 75 minutes"
shares=$(awk '/^#/ || /^(build|lint|tests) / { next } { sum += $2 } END { print sum }' scripts/budgets)
[ "$shares" -le "$(budget tests)" ] || complain "scripts/budgets: $shares s of $(budget tests) s are given away"
for suite in Tests/*Tests; do
    [ -n "$(budget "${suite#Tests/}")" ] || complain "scripts/budgets has no line for ${suite#Tests/}"
done

# The repository holds for any machine.
tracked=$(git ls-files 2>/dev/null || find . -path ./.build -prune -o -type f -print)
# shellcheck disable=SC2086
! grep -nIE '(/home/[a-z]|/root/|/Users/|/opt/swift|/wor[k]/)' $tracked /dev/null | grep -v '^scripts/lint.sh:' \
    || complain "a path of one machine"
for script in scripts/*.sh scripts/kernels/*.sh scripts/kernels/init .ci/run; do bash -n "$script" || complain "$script"; done
if command -v shellcheck >/dev/null; then shellcheck -x -P SCRIPTDIR -e SC2154 -S warning scripts/*.sh scripts/kernels/*.sh .ci/run || complain "shellcheck"; fi

[ $problems -eq 0 ] || fail "$problems problem(s)"
say "lint: nothing to complain about"
