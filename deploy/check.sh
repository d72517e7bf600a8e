#!/usr/bin/env bash
# Proves what lies in deploy/: renders, verifies, builds and runs all of it, and says in a line each what it saw. Run make build
# before, and this as root: containers and network namespaces are made. Nothing stays but dist/image.
. "$(dirname "$0")/../scripts/common.sh"

is_root || fail "containers and network namespaces are made: run as root (sudo deploy/check.sh)"
for program in fairway fairway-proxy; do [ -x dist/$program ] || fail "there is no dist/$program; run make build"; done
# promtool is in prometheus, whose server a machine with systemd then starts.
need_packages iproute2 kmod nftables openssl podman prometheus python3 python3-yaml runc systemd
command -v kustomize >/dev/null || command -v kubectl >/dev/null \
    || fail "there is no kustomize; install it, or kubectl 1.21 or later (Debian 12's knows no overlays of today)"

if [ "${1:-}" != inside ]; then
    # Its own network, mounts and processes: what the checks leave there ends with them.
    status=0
    timeout -k 10 300 unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
        "${root:?}/deploy/check.sh" inside || status=$?
    find /sys/fs/cgroup -depth -type d -path '*/fairway-check*' -exec rmdir {} + 2>/dev/null || true
    exit $status
fi

work=$(mktemp -d)
trap 'umount "$work" && rmdir "$work"' EXIT
# The image lies here twice.
mount -t tmpfs -o size=2g none "$work"
for folder in /run /var/lib/containers /var/lib/cni; do [ ! -d $folder ] || mount -t tmpfs none $folder; done
mkdir -p /run/lock /run/netns
ip link set lo up

passed=0
failed=0
# Runs a check and says what came of it, with the last line that it printed: check WHAT COMMAND...
check() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then
        passed=$((passed + 1))
        said=$(tail -n 1 <<<"$said" | cut -c -120)
        printf '  ok    %s%s\n' "$what" "${said:+: $said}"
    else
        failed=$((failed + 1))
        printf '  FAIL  %s\n%s\n' "$what" "$(sed 's/^/        /' <<<"$said")"
    fi
}

python() { /usr/bin/python3 -B "$@"; }

say "kustomize"

kustomization() {
    if command -v kustomize >/dev/null; then kustomize build "$1"; else kubectl kustomize "$1"; fi
}

renders() { kustomization deploy/kustomize/"$1" >"$work/$1.yaml" && grep -c '^kind: ' "$work/$1.yaml" | sed 's/$/ objects/'; }

only_selector() {
    local differences
    differences=$(diff "$work/base.yaml" "$work/node-by-node.yaml" | grep '^[<>]' || true)
    [ "$(sed 's/^> *//' <<<"$differences")" = "service-proxy: fairway" ] && return
    echo "$differences"
    return 1
}

takes_configuration() { dist/fairway-proxy check-config deploy/kustomize/base/config.conf | grep -v '^$'; }

check "the base renders" renders base
check "its parts fit each other" python deploy/check/rendered.py check "$work/base.yaml"
check "node-by-node renders" renders node-by-node
check "and adds a node selector only" only_selector
check "the daemon takes config.conf" takes_configuration

# The overlay that deploy/README.md shows, with the base's own files.
documented_overlay() {
    local folder=$work/deploy/overlay
    mkdir -p "$folder"
    cp -r deploy/kustomize/base "$work/deploy/"
    cp deploy/kustomize/base/*.conf "$folder/"
    awk '/^```yaml$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' deploy/README.md >"$folder/kustomization.yaml"
    kustomization "$folder" >"$work/overlay.yaml"
    python deploy/check/rendered.py overlay "$work/overlay.yaml"
}

check "the overlay of deploy/README.md renders, and does what it says" documented_overlay

say "systemd"

# The unit with the programs that are here.
mkdir "$work/unit"
sed "s|/usr/local/bin/|$root/dist/|" deploy/systemd/fairway-proxy.service >"$work/unit/fairway-proxy.service"

unit_verifies() {
    local said
    said=$(systemd-analyze verify --man=no "$work/unit/fairway-proxy.service" 2>&1) && [ -z "$said" ] && return
    echo "$said"
    return 1
}

check "systemd-analyze verify has nothing to say of the unit" unit_verifies
check "its exposure is 2.0 at most" \
    systemd-analyze security --offline=true --threshold=20 --no-pager "$work/unit/fairway-proxy.service"

say "Prometheus and Grafana"

dashboard_queries() {
    python deploy/check/metrics.py expressions "$work/queries.yaml" && promtool check rules "$work/queries.yaml" | grep . | tail -n 1
}

check "promtool takes the rules" promtool check rules deploy/prometheus/rules.yaml
check "each alert fires and stays silent as its tests say" promtool test rules deploy/prometheus/rules-test.yaml
check "each has both kinds of test, and its part of docs/operations.md" python deploy/check/metrics.py alerts
check "the dashboard's queries are PromQL" dashboard_queries
check "dashboard and rules name metrics that are there" python deploy/check/metrics.py names

say "the image"

podman_options=(--root "$work/storage" --runroot /run/containers --storage-driver vfs --cgroup-manager cgroupfs --runtime runc)
pod() { podman "${podman_options[@]}" "$@"; }
# Limits that any machine can give.
run_options=(--cgroup-parent fairway-check --ulimit nofile=4096:4096 --ulimit nproc=1024:1024)

builds() { PODMAN="podman ${podman_options[*]}" deploy/image.sh; }

in_image() { pod run --rm --network none "${run_options[@]}" --entrypoint "$1" localhost/fairway-proxy:latest "${@:2}"; }

says_version() {
    local said
    said=$(in_image /fairway-proxy --version)
    echo "$said"
    [ "$said" = "$(dist/fairway-proxy --version)" ]
}

has_no_shell() {
    local file found
    found=$(cd dist/image && find . -type f -perm /111 ! -name '*.so*' | sort | tr '\n' ' ')
    echo "programs: $found"
    [ "$found" = "./fairway ./fairway-proxy ./sbin/modprobe " ] || return 1
    for file in /bin/sh /bin/bash /usr/bin/env; do
        ! in_image $file -c true 2>/dev/null || return 1
    done
}

check "podman builds it" builds
check "fairway-proxy runs in it" says_version
check "fairway runs in it" in_image /fairway --help
check "modprobe runs in it" in_image /sbin/modprobe --version
check "it has no shell" has_no_shell

say "the DaemonSet's containers, with what their securityContext gives them"

server=$work/server
config=$work/config
account=$work/account
cni=$work/cni
mkdir "$server" "$config" "$account" "$cni"
python deploy/check/rendered.py files "$work/base.yaml" "$config"
python deploy/check/rendered.py role "$work/base.yaml" >"$server/role"
sed -i 's|https://api-server.invalid:6443|https://127.0.0.1:6443|' "$config/kubeconfig.conf"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=check \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$server/server.key" -out "$server/server.crt" 2>/dev/null
cp "$server/server.crt" "$account/ca.crt"
echo "a-token-of-the-check" | tee "$account/token" >"$server/token"
python deploy/check/apiserver.py "$server" &
modules=/lib/modules
[ -d $modules ] || {
    modules=$work/modules
    mkdir "$modules"
}
mounts="{\"config\": \"$config\", \"service-account\": \"$account\", \"cni-bin\": \"$cni\", \"modules\": \"$modules\"}"

# Runs a container of the DaemonSet: container NAME [podman's options]; $command and $name are others than its own.
container() {
    local arguments
    mapfile -d '' -t arguments \
        < <(python deploy/check/rendered.py run "$work/base.yaml" "$1" "$mounts" ${command:+"$command"})
    pod run --name "${name:-$1}" "${run_options[@]}" "${@:2}" "${arguments[@]}"
}

installs_plugin() {
    container install-cni --rm && "$cni/fairway" --help >/dev/null && [ "$(ls "$cni")" = fairway ]
}

# Of status, one field: status NAME
status() { sed -nE "s/^$1:[[:space:]]*(.*)/\1/p" "/proc/$(pod inspect fairway-proxy --format '{{.State.Pid}}')/status"; }

# Asks until the answer is 200, five seconds at most: answers PORT/PATH
answers() {
    for _ in {1..50}; do
        if python -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())' \
            "http://127.0.0.1:$1" 2>/dev/null; then
            return
        fi
        sleep 0.1
    done
    echo "no 200 from $1"
    pod logs fairway-proxy
    return 1
}

starts() { container fairway-proxy -d >/dev/null && answers 10256/readyz; }

has_seccomp() { [ "$(status Seccomp)" = 2 ] && echo "Seccomp: 2, filters: $(status Seccomp_filters)"; }

# The daemon makes and renames no files, and an installation does: with the daemon's profile it may not.
refuses_other_calls() {
    local said
    mkdir "$work/folder"
    ! said=$(name=other command='["/fairway", "install", "/folder"]' container fairway-proxy --rm \
        --volume "$work/folder:/folder" 2>&1) || return 1
    echo "$said"
    grep -q 'Function not implemented' <<<"$said"
}

# CAP_NET_ADMIN is bit 12.
has_one_capability() {
    local set
    for set in CapPrm CapEff CapBnd; do
        [ "$(status $set)" = 0000000000001000 ] || {
            echo "$set: $(status $set)"
            return 1
        }
    done
    [ "$(status CapInh)$(status CapAmb)" = 00000000000000000000000000000000 ] && [ "$(status NoNewPrivs)" = 1 ]
}

serves() { nft get element ip fairway services '{ 10.96.0.10 . tcp . 80 }' | grep 'default/web:http' | xargs; }

exposes() { answers 10249/metrics >"$work/answer" && python deploy/check/metrics.py exposed "$work/answer"; }

shows() { pod exec fairway-proxy fairway-proxy show | grep 10.96.0.10 | xargs; }

# What the role allows and nobody uses is too much.
uses_its_role() {
    local unused
    ! grep -E '^40[13] ' "$server/asked" || return 1
    unused=$(sort -u "$server/role" | comm -23 - <(sed 's/^[0-9]* //' "$server/asked" | sort -u))
    echo "unused: ${unused:-nothing}"
    [ -z "$unused" ]
}

ends_for_new_configuration() {
    sed -i 's|10.244.0.0/16|10.245.0.0/16|' "$config/config.conf"
    local code
    code=$(timeout 10 podman "${podman_options[@]}" wait fairway-proxy) && [ "$code" = 0 ]
}

check "install-cni puts the plugin in its place" installs_plugin
check "init does its part and ends" container init --rm
check "fairway-proxy starts, asks the API server and is ready" starts
check "it serves what the server says" serves
check "it is alive" answers 10256/livez
check "the seccomp profile is in force" has_seccomp
check "and refuses what is not in it" refuses_other_calls
check "CAP_NET_ADMIN is its only capability" has_one_capability
check "its node may be sent to" answers 10256/healthz
check "its metrics are those that are written down" exposes
check "kubectl exec can look at it" shows
check "it needs all of its role, and no more" uses_its_role
check "it ends when its configuration changes" ends_for_new_configuration

say "$passed passed, $failed failed"
[ $failed -eq 0 ]
