import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Leases that a reboot has orphaned.
///
/// Another boot is one whose number the kernel's file gives, in a mount namespace.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct LeaseBootTests {
    private static let decade = 10 * 365 * 86_400

    /// Runs a verb as if the machine had another boot id.
    private func call(_ command: String, _ store: LeaseNode, container: String, boot: String) async throws {
        try store.write("\(boot)\n", to: "boot-id")
        let script = """
            mount --bind \(store.directory)/boot-id /proc/sys/kernel/random/boot_id && exec \(store.hostLocal)
            """
        let outcome = try await RunningProcess(
            Programs.path(of: "unshare"), ["-m", "sh", "-c", script],
            environment: [
                "PATH": Programs.searchPath, "CNI_COMMAND": command, "CNI_CONTAINERID": container,
                "CNI_NETNS": "/nowhere", "CNI_IFNAME": "eth0",
            ], input: store.configuration(), in: store.node.namespace
        ).outcome()
        #expect(outcome.exitCode == 0, "\(outcome.output) \(outcome.errorOutput)")
    }

    private let other = "01234567-89ab-cdef-0123-456789abcdef"

    @Test(
        "After a reboot the leases from before are free, and those made since by anybody stay",
        arguments: ["ADD", "DEL", "GC", "STATUS"])
    func reboot(verb: String) async throws {
        let store = try LeaseNode()
        try await call("ADD", store, container: "before", boot: other)
        try store.setAge(Self.decade, of: "10.85.0.2")
        // By host-local, before and after the reboot.
        try store.write("old\r\neth0", to: "10.85.0.50", age: Self.decade)
        try store.write("new\r\neth0", to: "10.85.0.51")
        let valid =
            #","cni.dev/valid-attachments":[{"containerID":"new","ifname":"eth0"},{"containerID":"old","ifname":"eth0"}]"#
        let outcome = try await store.call(
            verb, store.configuration(keys: verb == "GC" ? valid : ""), container: "after")
        #expect(outcome.exitCode == 0)
        var expected = ["10.85.0.51": "new\r\neth0"]
        if verb == "ADD" { expected["10.85.0.3"] = "after\r\neth0" }
        #expect(try store.leases() == expected)
    }

    @Test("A reboot counts although nobody has touched the directory since")
    func untouched() async throws {
        let store = try LeaseNode()
        try await call("ADD", store, container: "before", boot: other)
        try store.setAge(Self.decade, of: "10.85.0.2")
        let stamp = try FileStatus(of: store.directory).modified
        try await store.demand("STATUS", store.configuration())
        #expect(try store.leases().isEmpty)
        #expect(try FileStatus(of: store.directory).modified != stamp)
    }

    @Test("Within one boot no lease is too old, whatever its file's time says")
    func sameBoot() async throws {
        let store = try LeaseNode()
        try await store.add(store.configuration())
        try store.setAge(Self.decade, of: "10.85.0.2")
        try store.write("old\r\neth0", to: "10.85.0.50", age: Self.decade)
        try await store.add(store.configuration(), container: "c2")
        try await store.demand(
            "GC",
            store.configuration(
                keys: """
                    ,"cni.dev/valid-attachments":[{"containerID":"c1","ifname":"eth0"},{"containerID":"c2","ifname":"eth0"},\
                    {"containerID":"old","ifname":"eth0"}]
                    """))
        #expect(try store.leases().keys.sorted() == ["10.85.0.2", "10.85.0.3", "10.85.0.50"])
    }

    @Test("A clock that was set forward since the start makes nothing older than the start")
    func clockSetForward() async throws {
        let store = try LeaseNode()
        try Directory.create(store.directory)
        // A machine that seems to have started a second ago, and has had its /run and a lease for longer.
        let script = """
            mount -t tmpfs none /run && sleep 0.1 && printf 'living\\r\\neth0' > \(store.directory)/10.85.0.50 && sleep 2 \
            && exec unshare -T --boottime -$(($(cut -d. -f1 /proc/uptime) - 1)) \(store.hostLocal)
            """
        let outcome = try await RunningProcess(
            Programs.path(of: "unshare"), ["-m", "sh", "-c", script],
            environment: [
                "PATH": Programs.searchPath, "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "next", "CNI_NETNS": "/nowhere",
                "CNI_IFNAME": "eth0",
            ], input: store.configuration(), in: store.node.namespace
        ).outcome()
        #expect(outcome.exitCode == 0, "\(outcome)")
        #expect(try store.leases()["10.85.0.50"] == "living\r\neth0")
    }

    @Test("Another boot id alone frees nothing that is younger than this boot")
    func youngLeases() async throws {
        let store = try LeaseNode()
        try await store.add(store.configuration(), container: "a")
        try await call("ADD", store, container: "b", boot: other)
        try await store.add(store.configuration(), container: "c")
        #expect(try store.leases().values.sorted() == ["a\r\neth0", "b\r\neth0", "c\r\neth0"])
    }

    @Test("Leases that are there before Fairway is are swept by their age: the reboots before it left them")
    func firstUse() async throws {
        let store = try LeaseNode()
        try store.write("old\r\neth0", to: "10.85.0.2", age: Self.decade)
        try store.write("", to: "10.85.0.3")
        try store.write("new\r\neth0", to: "10.85.0.4")
        #expect(try await store.add(store.configuration()) == ["10.85.0.2"])
        #expect(try store.leases() == ["10.85.0.2": "c1\r\neth0", "10.85.0.4": "new\r\neth0"])
    }
}
