# Sourced by test-kernels.sh: a virtual machine that has another kernel and this machine's root.
#
# Nothing is copied: the guest's root is the host's, read-only over virtiofs, below an overlay in the guest's memory. So it has
# the checkout, the programs and the tests at their own paths, and can write to nothing but its memory and /out.
# shellcheck shell=bash

virtiofsd=/usr/lib/qemu/virtiofsd

# The way to run it: KVM where it takes a virtual CPU, else emulation. A KVM that cannot do so ends qemu at once.
accelerator() {
    if [ -w /dev/kvm ] && echo quit | timeout 10 qemu-system-x86_64 -machine q35,accel=kvm -cpu max -m 64 -nodefaults \
        -display none -S -monitor stdio >/dev/null 2>&1; then
        echo kvm
    else
        echo tcg
    fi
}

# Puts together what finds the root: busybox, the modules for that, and `init`.
make_initramfs() {
    local kernel=$1 target=$2 version tree module file count=0
    version=$(ls "$kernel/lib/modules")
    tree=$(mktemp -d)
    mkdir -p "$tree"/{bin,dev,proc,sys,modules,host,memory,node,out}
    cp /bin/busybox "$tree/bin/"
    cp scripts/kernels/init "$tree/init"
    # Those that the kernel has built in are not among them.
    while read -r module; do
        count=$((count + 1))
        file=$tree/modules/$(printf '%02d' $count).ko
        case $module in
        *.xz) xz -dc "$module" >"$file" ;;
        *) cp "$module" "$file" ;;
        esac
    done < <(for module in virtio_pci virtiofs overlay; do
        modprobe -d "$kernel" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++')
    (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$target"
    rm -rf "$tree"
}

# Shares a folder under a name with the machine that comes; its pid goes into `shares`.
share() {
    "$virtiofsd" --socket-path="$sockets/$1" -o "source=$2,cache=$3,sandbox=chroot,flock,posix_lock,xattr" \
        --rlimit-nofile=0 >>"$sockets/log" 2>&1 &
    shares+=($!)
    for _ in {1..50}; do
        [ ! -S "$sockets/$1" ] || return 0
        sleep 0.1
    done
    cat "$sockets/log" >&2
    fail "virtiofsd does not share $2"
}

# Boots a kernel and runs a script there: boot KERNEL OUT SECONDS SCRIPT ARGUMENTS...
# OUT is /out there; `status` in it is the script's, where the machine came so far.
boot() {
    local kernel=$1 out=$2 limit=$3 version status=0
    shift 3
    version=$(ls "$kernel/lib/modules")
    printf 'cd %q && exec bash' "$root" >"$out/run"
    printf ' %q' "$@" >>"$out/run"
    make_initramfs "$kernel" "$sockets/initramfs"
    shares=()
    share host / always
    share out "$out" auto
    # In the background, so that a signal to this script is heard at once.
    nice -n 5 timeout -k 5 "$limit" qemu-system-x86_64 -machine "q35,accel=$accelerator" -cpu max -smp "$cpus" -m 4096 \
        -object memory-backend-memfd,id=memory,size=4096M,share=on -numa node,memdev=memory \
        -nodefaults -display none -no-reboot -nic none \
        -kernel "$kernel/boot/vmlinuz-$version" -initrd "$sockets/initramfs" \
        -append "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check modules=$kernel/lib/modules/$version" \
        -chardev "socket,id=host,path=$sockets/host" -device vhost-user-fs-pci,chardev=host,tag=host \
        -chardev "socket,id=out,path=$sockets/out" -device vhost-user-fs-pci,chardev=out,tag=out \
        -serial "file:$out/console" </dev/null >"$out/qemu" 2>&1 &
    machine=$!
    # Where this is a virtual machine itself, KVM may be there and carry out only a part of the processor's instructions: then
    # it stops the machine and says so, and nothing else happens until the time is over.
    while kill -0 $machine 2>/dev/null; do
        if [ "$accelerator" = kvm ] && grep -q 'KVM internal error' "$out/qemu"; then
            kill $machine
            accelerator=tcg
            say "KVM does not work here: by emulation"
        fi
        sleep 1 &
        wait $! || true
    done
    wait $machine || status=$?
    machine=
    kill "${shares[@]}" 2>/dev/null || true
    wait "${shares[@]}" 2>/dev/null || true
    if [ "$accelerator" = tcg ] && grep -q 'KVM internal error' "$out/qemu"; then
        boot "$kernel" "$out" "$limit" "$@"
        return
    fi
    [ ! -s "$out/status" ] || return "$(cat "$out/status")"
    if [ $status -eq 124 ] || [ $status -eq 137 ]; then
        printf 'it ran out of time (%s s)\n' "$limit" >&2
    else
        printf 'the machine did not come up, or went down (status %s):\n' "$status" >&2
        tail -n 20 "$out/qemu" "$out/console" >&2
    fi
    return 1
}
