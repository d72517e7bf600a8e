# Sourced by the parts: counts what held.
# shellcheck shell=bash
set +e
checked=0
wrong=0

# check WHAT COMMAND...: the command is content, or what it said is shown.
check() {
    local what=$1 said
    shift
    checked=$((checked + 1))
    if said=$("$@" 2>&1); then
        printf 'ok    %s\n' "$what"
    else
        wrong=$((wrong + 1))
        printf 'FAIL  %s: %s\n' "$what" "$said"
    fi
}

# Ends a part: its last line is the total.
conclude() {
    printf '%s\n' "$((checked - wrong)) of $checked held${1:+, $1}"
    [ $wrong -eq 0 ] && [ $checked -gt 0 ]
}

fails() { ! "$@"; }
says() { grep -q -- "$1" "$2" || { echo "no \"$1\" in: $(cat "$2")"; return 1; }; }
is_silent_of() { ! grep -q -- "$1" "$2" || { cat "$2"; return 1; }; }

# Waits until a file has a text, 60 seconds at most.
wait_for() {
    for _ in {1..600}; do
        ! grep -q -- "$1" "$2" 2>/dev/null || return 0
        sleep 0.1
    done
    says "$1" "$2"
}

# Calls the plugin as a runtime does: plugin VERB CONFIGURATION NAMESPACE; the namespace's name is the container's.
plugin() {
    CNI_COMMAND=$1 CNI_CONTAINERID=$3 CNI_NETNS=/run/netns/$3 CNI_IFNAME=eth0 CNI_PATH="$root/dist" \
        "$root/dist/fairway" <<<"$2"
}

# In front of a command: a modprobe that refuses everything; the kernel's own requests find the real one.
# shellcheck disable=SC2034
without_modprobe=(unshare -m bash -c
    'mount --make-rprivate / && mount --bind /bin/false /usr/sbin/modprobe && exec "$@"' -)
