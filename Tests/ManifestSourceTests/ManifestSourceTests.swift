import Glibc
import KubeModel
import LinuxSystem
import Logging
import ManifestSource
import TestSupport
import Testing

/// Real files and real inotify.
@Suite struct ManifestSourceTests {
    let folder: TemporaryFolder
    let collector = Collector()

    init() throws { folder = try TemporaryFolder() }

    /// As the daemon holds a source, without knowing which.
    func start(_ path: String? = nil) throws -> any ObjectSource {
        let source: any ObjectSource = ManifestSource(
            directory: path ?? folder.path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let collector = collector
        try source.start { collector.take($0) }
        return source
    }

    func expect(_ services: String) async throws {
        try await collector.wait(services) { !$0.updates.isEmpty && $0.services == services }
    }

    @Test("The first update has the whole folder, of which only manifests count")
    func firstScan() async throws {
        for (name, file) in [("a", "a.yaml"), ("b", "b.yml"), ("c", ".c.yaml"), ("d", "d.yaml~"), ("e", "e.txt")] {
            try folder.write(file, serviceYAML(name))
        }
        try folder.makeFolder("f.yaml")
        try folder.write("f.yaml/g.yaml", serviceYAML("g"))
        try systemCall("mkfifo") { unsafe mkfifo("\(folder.path)/h.yaml", 0o644) }
        let source = try start()
        defer { source.stop() }
        try await expect("a:80 b:80")
        #expect(collector.current.updates.count == 1)
        #expect(collector.current.updates.first?.complete == true)
        #expect(collector.current.unreadable == 0)
    }

    @Test("Many files, which several threads read, all count, and the first by name wins")
    func manyFiles() async throws {
        for number in 0..<601 { try folder.write("s\(number).yaml", serviceYAML("s\(number)")) }
        try folder.write("a.yaml", serviceYAML("s600", port: 81))
        try folder.write("z.yaml", serviceYAML("s0", port: 82))
        let source = try start()
        defer { source.stop() }
        try await collector.wait("601 Services") { $0.objects.count == 601 }
        let objects = collector.current.objects
        #expect(objects[serviceID("s600")] == service("s600", port: 81))
        #expect(objects[serviceID("s0")] == service("s0"))
        #expect(objects[serviceID("s300")] == service("s300"))
    }

    @Test("A folder that is missing, or none, is an error that names it")
    func missing() throws {
        let path = folder.path + "/none"
        let error = #expect(throws: SystemError.self) { try start(path) }
        #expect(error?.description == "read the manifest folder \(path): No such file or directory")
        try folder.write("file", "")
        #expect(throws: SystemError.self) { try start(folder.path + "/file") }
    }

    @Test("Where the kernel gives no more watches, the error names the setting to raise")
    func noWatchLeft() {
        #expect(
            SystemError("inotify_init", Errno(rawValue: EMFILE)).reading(manifestFolder: "/m").description
                == "read the manifest folder /m: inotify_init (raise the sysctl fs.inotify.max_user_instances, or the limit of open files): Too many open files"
        )
        #expect(
            SystemError("watch /m", Errno(rawValue: ENOSPC)).reading(manifestFolder: "/m").description
                == "read the manifest folder /m: watch /m (raise the sysctl fs.inotify.max_user_watches): No space left on device"
        )
    }

    @Test("Files that are made, overwritten in place, renamed in, renamed and removed are followed")
    func followed() async throws {
        let source = try start()
        defer { source.stop() }
        try await expect("")
        try folder.write("a.yaml", serviceYAML("a"))
        try await expect("a:80")
        try folder.write("a.yaml", serviceYAML("a", port: 81))
        try await expect("a:81")
        try folder.write(".new", serviceYAML("b"))
        try folder.rename(".new", "b.yaml")
        try await expect("a:81 b:80")
        try folder.write("b.tmp", serviceYAML("b", port: 90))
        try folder.rename("b.tmp", "b.yaml")
        try await expect("a:81 b:90")
        try folder.rename("b.yaml", "c.yaml")
        try folder.remove("a.yaml")
        try await expect("b:90")
        let removals = collector.current.updates.flatMap(\.changes).filter { $0 == .removed(serviceID("b")) }
        #expect(removals.isEmpty)
        try folder.rename("c.yaml", "c.off")
        try await expect("")
    }

    @Test("A ConfigMap's swapped ..data link changes all its files at once")
    func configMap() async throws {
        for (version, port) in [("..1", 80), ("..2", 81)] {
            try folder.makeFolder(version)
            for name in ["a", "b"] { try folder.write("\(version)/\(name).yaml", serviceYAML(name, port: port)) }
        }
        try folder.link("..data", to: "..1")
        try folder.link("a.yaml", to: "..data/a.yaml")
        try folder.link("b.yaml", to: "..data/b.yaml")
        let source = try start()
        defer { source.stop() }
        try await expect("a:80 b:80")
        try folder.link("..data_tmp", to: "..2")
        try folder.rename("..data_tmp", "..data")
        try await expect("a:81 b:81")
        #expect(collector.current.updates.count == 2)
    }

    @Test("A broken file keeps its last good version and is counted until it is mended")
    func broken() async throws {
        try folder.write("a.yaml", serviceYAML("a"))
        let source = try start()
        defer { source.stop() }
        try await expect("a:80")
        try folder.write("a.yaml", "spec: [")
        try folder.write("b.yaml", serviceYAML("b"))
        try await collector.wait("a broken a.yaml") { $0.services == "a:80 b:80" && $0.unreadable == 1 }
        try folder.write("a.yaml", serviceYAML("a", port: 81))
        try await collector.wait("a mended a.yaml") { $0.services == "a:81 b:80" && $0.unreadable == 0 }
        try folder.write("a.yaml", serviceYAML("a", port: 0))
        try await collector.wait("an invalid a") { $0.updates.last?.unreadableObjects == [serviceID("a")] }
        try folder.write("a.yaml", serviceYAML("b", port: 0))
        try await collector.wait("an invalid b instead") { $0.updates.last?.unreadableObjects == [serviceID("b")] }
    }

    @Test("A folder that goes keeps its objects in force, and one that comes instead is read")
    func folderReplaced() async throws {
        try folder.makeFolder("m")
        try folder.write("m/a.yaml", serviceYAML("a"))
        try folder.write("m/b.yaml", serviceYAML("b"))
        let source = try start(folder.path + "/m")
        defer { source.stop() }
        try await expect("a:80 b:80")
        try folder.rename("m", "old")
        try folder.makeFolder("m")
        try folder.write("m/a.yaml", serviceYAML("a", port: 81))
        try await expect("a:81")
        try folder.write("m/c.yaml", serviceYAML("c"))
        try await expect("a:81 c:80")
    }

    @Test("A folder that is removed and made again is followed, though the file system gives it the same inode")
    func folderMadeAgain() async throws {
        let path = folder.path + "/m"
        try folder.makeFolder("m")
        try folder.write("m/a.yaml", serviceYAML("a"))
        let gate = Gate()
        let log = NotedLog()
        let source = ManifestSource(directory: path, logger: log.logger)
        let collector = collector
        try source.start { update in
            collector.take(update)
            gate.wait()
        }
        defer { source.stop() }
        try await expect("a:80")
        // While the reader's thread stands in `deliver`; an inode that another process took may come back.
        let inode = try FileStatus(of: path).inode
        for _ in 0..<100 {
            removeTree(path)
            try folder.makeFolder("m")
            if try FileStatus(of: path).inode == inode { break }
        }
        try folder.write("m/b.yaml", serviceYAML("b"))
        gate.open()
        try await expect("b:80")
        try folder.write("m/c.yaml", serviceYAML("c"))
        try await expect("b:80 c:80")
        #expect(log.lines.contains("warning the manifest folder \(path) is gone; its objects stay in force"))
    }

    @Test("The watch on a folder that was replaced is given up")
    func oldWatch() async throws {
        try folder.makeFolder("m")
        let source = try start(folder.path + "/m")
        defer { source.stop() }
        try await expect("")
        let inode = try FileStatus(of: folder.path + "/m").inode
        #expect(try isWatched(inode))
        try folder.rename("m", "old")
        try folder.makeFolder("m")
        try folder.write("m/a.yaml", serviceYAML("a"))
        try await expect("a:80")
        #expect(try !isWatched(inode))
    }

    /// True while one of the process's inotify queues watches an inode.
    private func isWatched(_ inode: UInt64) throws -> Bool {
        try Directory.names(in: "/proc/self/fdinfo").contains { name in
            // Another test's descriptor may be closed by now.
            guard let file = try? FileDescriptor.open("/proc/self/fdinfo/\(name)", O_RDONLY),
                let bytes = try? file.readToEnd()
            else { return false }
            return String(decoding: bytes, as: UTF8.self).contains("ino:\(String(inode, radix: 16)) ")
        }
    }

    @Test("What a scan that fails would have found is found later, and the log is not flooded meanwhile")
    func failingScan() async throws {
        for (version, port) in [("..1", 80), ("..2", 81)] {
            try folder.makeFolder(version)
            try folder.write("\(version)/a.yaml", serviceYAML("a", port: port))
        }
        try folder.link("..data", to: "..1")
        try folder.link("a.yaml", to: "..data/a.yaml")
        let log = NotedLog()
        let collector = collector
        let source = ManifestSource(directory: folder.path, logger: log.logger)
        try source.start { update in
            // From here on the reader's thread alone is a user whom the folder's mode concerns.
            becomeNobody()
            collector.take(update)
        }
        defer { source.stop() }
        try await expect("a:80")
        try folder.setMode(0o311)
        try folder.link("..data_tmp", to: "..2")
        try folder.rename("..data_tmp", "..data")
        try await collector.wait("an error") { _ in !log.errors.isEmpty }
        // Its queue has input all the time now.
        let begin = ContinuousClock.now
        try folder.write("b.yaml", serviceYAML("b"))
        try await collector.wait("another error") { _ in log.errors.count > 1 }
        let seconds = (ContinuousClock.now - begin).components.seconds
        #expect(log.errors.count <= 3 + Int(seconds), "\(log.errors.count) errors in \(seconds) s")
        #expect(log.errors.first == "error read the manifest folder \(folder.path): Permission denied")
        try folder.setMode(0o755)
        try await expect("a:81 b:80")
    }

    @Test("Many changes at once all arrive, also when the queue overflows")
    func flood() async throws {
        let gate = Gate()
        let source = ManifestSource(
            directory: folder.path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let collector = collector
        try source.start { update in
            collector.take(update)
            gate.wait()
        }
        defer { source.stop() }
        try await collector.wait("the first update") { !$0.updates.isEmpty }
        // While the reader's thread stands in `deliver`, more events arrive than the kernel keeps; the last are lost.
        let setting = try FileDescriptor.open("/proc/sys/fs/inotify/max_queued_events", O_RDONLY).read(upTo: 32)
        let kept = Int(String(decoding: setting, as: UTF8.self).prefix { $0.isNumber }) ?? 16_384
        for name in ["x", "y"] { try folder.write("\(name).yaml", "# nothing\n") }
        for _ in 0...min(kept, 1_000_000) / 2 {
            for name in ["x", "y"] { _ = try FileDescriptor.open("\(folder.path)/\(name).yaml", O_WRONLY) }
        }
        for name in 0..<100 { try folder.write("s\(name).yaml", serviceYAML("s\(name)")) }
        gate.open()
        try await collector.wait("100 Services") { $0.objects.count == 100 }
        #expect(collector.current.updates.count == 2)
    }

    @Test("After stop nothing is delivered, and stop may come twice or first")
    func stop() async throws {
        let source = try start()
        try await expect("")
        source.stop()
        source.stop()
        ManifestSource(directory: "/", logger: Logger(label: "test")).stop()
    }
}

/// Takes root's rights over files from the calling thread alone, as setfsuid(2) does.
func becomeNobody() {
    typealias SetFSUID = @convention(c) (uid_t) -> Int32
    guard let symbol = unsafe dlsym(nil, "setfsuid") else { return }
    _ = unsafe unsafeBitCast(symbol, to: SetFSUID.self)(65534)
}

/// Holds the source's own thread until a test lets it go, for thirty seconds at most.
final class Gate: Sendable {
    private let flag = try? EventFlag()
    func open() { flag?.raise() }
    func wait() { _ = flag?.wait(timeout: 30_000) }
}
