/// Disks that are full or read-only, and lease files that nobody expects.
extension FailureTests {
    /// Runs the plugin with a file system of its own at `$DATA`, and complains when a lease was left on it.
    private static func leases(on options: String, before: String = ":") -> String {
        """
        mkdir -p "$DATA"; exec unshare -m sh -c 'mount -t tmpfs -o \(options) none "$DATA" && \(before) || exit
        "$PLUGIN"; code=$?; ls "$DATA/pods" | grep -E "^(10|fd)" && echo "is left"; exit $code'
        """
    }

    private static let readOnlyLeases = """
        mkdir -p "$DATA/pods"
        exec unshare -m sh -c 'mount --bind "$DATA" "$DATA" && mount -o remount,ro,bind "$DATA" && exec "$PLUGIN"'
        """

    static let disks: [Failure] = [
        Failure(
            title: "no room for a lease", by: leases(on: "size=4k", before: #"head -c 4096 /dev/zero > "$DATA/full""#),
            code: 5, message: "the lease store failed",
            details: "/pods/10.85.0.2: No space left on device: check ipam.dataDir and its file system"),
        Failure(
            title: "no room for the second of two leases", by: leases(on: "size=12k"), code: 5,
            message: "the lease store failed", details: "/pods/fd85::2: No space left on device"),
        Failure(
            title: "no room for what was leased last", by: leases(on: "size=8k"), code: 5,
            message: "the lease store failed", details: "/pods/last_reserved_ip.0: No space left on device"),
        Failure(
            title: "no inode for a lease", by: leases(on: "nr_inodes=5"), code: 5, message: "the lease store failed",
            details: "No space left on device: check ipam.dataDir"),
        // The kernel takes the first five bytes, then none.
        Failure(
            title: "a lease that is cut short",
            by: #"exec bash -c 'trap "" XFSZ; set -o pipefail; prlimit --fsize=5 "$PLUGIN" | cat'"#, code: 5,
            message: "the lease store failed", details: "/pods/10.85.0.2: File too large"),
        Failure(
            title: "a read-only lease directory", by: readOnlyLeases, code: 5, message: "the lease store failed",
            details: "/pods/lock: Read-only file system"),
        Failure(
            title: "STATUS of a read-only lease directory", command: "STATUS", by: readOnlyLeases, code: 50,
            message: "/pods is not writable", details: "Read-only file system: check ipam.dataDir"),
        Failure(
            title: "STATUS of a full lease disk", command: "STATUS",
            by: leases(on: "size=8k", before: #"{ mkdir "$DATA/pods"; head -c 8192 /dev/zero > "$DATA/full" || :; }"#),
            code: 50, message: "/pods is not writable", details: "No space left on device: check ipam.dataDir"),
        Failure(
            title: "STATUS where no record can be kept", command: "STATUS",
            by: #"exec unshare -m sh -c 'mount -t tmpfs -o ro none /run && exec "$PLUGIN"'"#, code: 50,
            message: "the folder of attachments' records /run/fairway-cni/",
            details: "/run: Read-only file system: /run/fairway-cni must be writable for root"),
        Failure(
            title: "STATUS where records have no room", command: "STATUS",
            by:
                #"exec unshare -m sh -c 'mount -t tmpfs -o size=4k none /run && head -c 4096 /dev/zero > /run/full && exec "$PLUGIN"'"#,
            code: 50, message: "is not writable", details: "/run: No space left on device"),
        Failure(
            title: "STATUS where a file is in the records' place", command: "STATUS",
            by: #"exec unshare -m sh -c 'mount -t tmpfs none /run && : > /run/fairway-cni && exec "$PLUGIN"'"#,
            code: 50, message: "is not writable", details: "Not a directory"),
        Failure(
            title: "no room for a record", keys: ports(#""hostPort":80,"containerPort":80"#),
            by:
                #"exec unshare -m sh -c 'mount -t tmpfs -o size=8k none /run && head -c 4096 /dev/zero > /run/full && exec "$PLUGIN"'"#,
            code: 5, message: "cannot record the attachment", details: "/.draft: No space left on device"),
        Failure(
            title: "no room for the records' lock", keys: ports(#""hostPort":80,"containerPort":80"#),
            by:
                #"exec unshare -m sh -c 'mount -t tmpfs -o size=4k none /run && head -c 4096 /dev/zero > /run/full && exec "$PLUGIN"'"#,
            code: 5, message: "cannot record the attachment",
            details: "write the lock's file: No space left on device: /run/fairway-cni must be writable for root"),
        Failure(
            title: "a wanted address whose lease is garbage", variables: ["CNI_ARGS": "IP=10.85.0.2"],
            before: #"mkdir -p "$DATA/pods"; printf '\377\001"\\ x' > "$DATA/pods/10.85.0.2""#, code: 106,
            message: "requested IP address 10.85.0.2 is not available", details: "/pods/10.85.0.2"),
        Failure(
            title: "a wanted address that is a directory", variables: ["CNI_ARGS": "IP=10.85.0.2"],
            before: #"mkdir -p "$DATA/pods/10.85.0.2""#, code: 106,
            message: "requested IP address 10.85.0.2 is not available", details: "somebody holds it"),
        Failure(
            title: "a lease that cannot be read",
            before: #"mkdir -p "$DATA/pods"; ln -s 10.85.0.2 "$DATA/pods/10.85.0.2""#,
            code: 5, message: "the lease store failed", details: "Too many levels of symbolic links"),
    ]
}
