import Glibc
import KubeModel
import LinuxSystem
import Logging
import ManifestSource
import TestSupport
import Testing

/// When a file counts: as soon as it is whole, however it came by its content and its name.
extension ManifestSourceTests {
    @Test("A file counts when it is closed, not while it is written")
    func closeCounts() async throws {
        let source = try start()
        defer { source.stop() }
        try await expect("")
        do {
            let file = try FileDescriptor.open("\(folder.path)/a.yaml", O_WRONLY | O_CREAT)
            try file.writeAll(serviceYAML("a").utf8)
            try folder.write("b.yaml", serviceYAML("b"))
            try await expect("b:80")
            try file.writeAll("---\n\(serviceYAML("c"))".utf8)
        }
        try await expect("a:80 b:80 c:80")
    }

    @Test("A file that is empty because it is being rewritten in place keeps its objects")
    func rewriteInPlace() async throws {
        try folder.write("a.yaml", serviceYAML("a"))
        let source = try start()
        defer { source.stop() }
        try await expect("a:80")
        do {
            let writer = try FileDescriptor.open("\(folder.path)/a.yaml", O_WRONLY | O_TRUNC)
            // Another writer's close makes the reader look at the file now.
            _ = try FileDescriptor.open("\(folder.path)/a.yaml", O_WRONLY)
            try folder.write("b.yaml", serviceYAML("b"))
            try await expect("a:80 b:80")
            try writer.writeAll(serviceYAML("a", port: 81).utf8)
        }
        try await expect("a:81 b:80")
        #expect(!collector.current.updates.flatMap(\.changes).contains(.removed(serviceID("a"))))
        #expect(collector.current.unreadable == 0)
    }

    @Test("A symbolic link and a hard link count at once")
    func links() async throws {
        try folder.write("a.source", serviceYAML("a"))
        try folder.write("b.source", serviceYAML("b"))
        let source = try start()
        defer { source.stop() }
        try await expect("")
        try folder.link("a.yaml", to: "a.source")
        try systemCall("link") { unsafe link("\(folder.path)/b.source", "\(folder.path)/b.yaml") }
        try await expect("a:80 b:80")
    }

    @Test("A name that is given to a file without one, or in the place of another, counts at once")
    func namelessFiles() async throws {
        let source = try start()
        defer { source.stop() }
        try await expect("")
        close(try folder.linkNameless("a.yaml", serviceYAML("a")).release())
        try await expect("a:80")
        try folder.write("b.source", serviceYAML("b"))
        try systemCall("link") { unsafe link("\(folder.path)/b.source", "\(folder.path)/b.yaml") }
        try folder.remove("b.source")
        try await expect("a:80 b:80")
    }

    @Test("A file that is linked while it is written, even empty or before the start, counts once it is whole")
    func linkedWhileWritten() async throws {
        let before = try folder.linkNameless("a.yaml", serviceYAML("a"))
        let source = try start()
        defer { source.stop() }
        try await collector.wait("one that is being written") { $0.unreadable == 1 }
        close(before.release())
        try await expect("a:80")
        let empty = try folder.linkNameless("b.yaml", "")
        try folder.write("c.yaml", serviceYAML("c"))
        try await expect("a:80 c:80")
        try empty.writeAll(serviceYAML("b").utf8)
        close(empty.release())
        try await expect("a:80 b:80 c:80")
        // In the place of another, so that both are told at once.
        try folder.remove("b.yaml")
        let next = try folder.linkNameless("b.yaml", serviceYAML("b", port: 81))
        // The one is seen when the removal is told with it, the other when it was told before.
        try await collector.wait("the removal") { $0.unreadable == 1 || $0.services == "a:80 c:80" }
        close(next.release())
        try await expect("a:80 b:81 c:80")
        #expect(collector.current.unreadable == 0)
    }

    @Test("A file that becomes readable counts, and one that is being written is not looked at for its new mode")
    func attributes() async throws {
        try folder.write("a.yaml", serviceYAML("a"))
        try folder.setMode(0o000, of: "a.yaml")
        try folder.write("b.yaml", serviceYAML("b"))
        let gate = Gate()
        let collector = collector
        let source = ManifestSource(
            directory: folder.path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try source.start { update in
            becomeNobody()
            collector.take(update)
            gate.open()
        }
        defer { source.stop() }
        gate.wait()
        try folder.write("c.yaml", serviceYAML("c"))
        try folder.setMode(0o000, of: "b.yaml")
        try await collector.wait("one that cannot be read") { $0.unreadable == 1 }
        try folder.setMode(0o644, of: "b.yaml")
        try await collector.wait("all readable") { $0.unreadable == 0 }
        do {
            let writer = try FileDescriptor.open("\(folder.path)/b.yaml", O_WRONLY | O_TRUNC)
            try folder.setMode(0o600, of: "b.yaml")
            try folder.setMode(0o644, of: "b.yaml")
            try writer.writeAll(serviceYAML("b", port: 81).utf8)
        }
        try await expect("a:80 b:81 c:80")
        #expect(!collector.current.updates.flatMap(\.changes).contains(.removed(serviceID("b"))))
    }

    @Test("Files that are open for writing cost nothing but themselves")
    func manyWriters() async throws {
        let names = (0..<700).map { "w\($0).yaml" }
        var writers: [Int32] = []
        defer { for writer in writers { close(writer) } }
        for name in names {
            writers.append(try FileDescriptor.open("\(folder.path)/\(name)", O_WRONLY | O_CREAT).release())
        }
        try folder.write("a.yaml", serviceYAML("a"))
        let source = try start()
        defer { source.stop() }
        try await collector.wait("the start") { $0.services == "a:80" && $0.unreadable == 700 }
        try folder.write("b.yaml", serviceYAML("b"))
        try await collector.wait("another") { $0.services == "a:80 b:80" && $0.unreadable == 700 }
        for writer in writers.dropFirst() { close(writer) }
        writers = Array(writers.prefix(1))
        try await collector.wait("the rest") { $0.unreadable == 1 }
    }

    @Test("A file that takes long holds up neither its writers nor others' changes, and its own come in their order")
    func asideFromLargeFiles() async throws {
        let source = try start()
        defer { source.stop() }
        try await expect("")
        // An alias at the end is for the parser that takes long.
        func large(port: Int) -> String {
            serviceYAML("large", port: port) + "---\nx:\n" + String(repeating: "- {a: 1, b: [c]}\n", count: 150_000)
                + "- &a 1\n"
        }
        try folder.write("large.yaml", large(port: 80))
        try await waitForAside()
        // Comes to an end only when nobody reads the file.
        close(try FileDescriptor.open("\(folder.path)/large.yaml", O_WRONLY | O_APPEND).release())
        try folder.write("a.yaml", serviceYAML("a"))
        try await collector.wait("the small one") { $0.services.contains("a:80") }
        #expect(collector.current.services == "a:80", "the large one needs longer")
        try await expect("a:80 large:80")
        // What moves from a small file to a large one is there all the time.
        try folder.write(".large", serviceYAML("a", port: 81) + "---\n" + large(port: 80))
        try folder.rename(".large", "large.yaml")
        try folder.remove("a.yaml")
        try await expect("a:81 large:80")
        try folder.write("a.yaml", serviceYAML("a"))
        try await expect("a:80 large:80")
        // What is read at once is newer than what is read aside.
        try folder.write("large.yaml", large(port: 81))
        try await waitForAside()
        try folder.write("large.yaml", serviceYAML("large", port: 82))
        try await expect("a:80 large:82")
        try await waitForAside(toEnd: true)
        try folder.write("b.yaml", serviceYAML("b"))
        try await expect("a:80 b:80 large:82")
    }

    /// Waits until files are being read aside, or none any more.
    private func waitForAside(toEnd: Bool = false) async throws {
        func isReading() throws -> Bool {
            try Directory.names(in: "/proc/self/task").contains { task in
                guard let file = try? FileDescriptor.open("/proc/self/task/\(task)/comm", O_RDONLY) else {
                    return false
                }
                return (try? file.readToEnd()).map { String(decoding: $0, as: UTF8.self) } == "manifests-aside\n"
            }
        }
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if try isReading() != toEnd { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record("nothing is read aside, or for ever")
    }

    @Test("A file that is too large is an error that says so, once")
    func tooLarge() async throws {
        let log = NotedLog()
        let file = try FileDescriptor.open("\(folder.path)/a.yaml", O_WRONLY | O_CREAT)
        try file.truncate(to: 256 << 20 + 1)
        close(file.release())
        let source = ManifestSource(directory: folder.path, logger: log.logger)
        let collector = collector
        try source.start { collector.take($0) }
        defer { source.stop() }
        try await collector.wait("the start") { $0.unreadable == 1 }
        try folder.write("b.yaml", serviceYAML("b"))
        try await expect("b:80")
        #expect(
            log.errors == ["error a.yaml: is larger than 256 MiB and is not read; split it into several files"])
    }

    @Test("A name that is not UTF-8 is a warning that has it escaped, at the start and later, once")
    func illegibleNames() async throws {
        func make(_ name: [UInt8]) throws {
            let path = Array(folder.path.utf8) + [UInt8(ascii: "/")] + name + [0]
            let file = try unsafe path.withUnsafeBufferPointer { bytes in
                try systemCall("open") {
                    unsafe bytes.withMemoryRebound(to: CChar.self) {
                        unsafe open($0.baseAddress!, O_WRONLY | O_CREAT, 0o644)
                    }
                }
            }
            close(file)
        }
        try make([0x61, 0xff] + Array(".yaml".utf8))
        try make([0x61, 0xff] + Array(".txt".utf8))
        let log = NotedLog()
        let source = ManifestSource(directory: folder.path, logger: log.logger)
        let collector = collector
        try source.start { collector.take($0) }
        defer { source.stop() }
        try await expect("")
        try make([0xc3] + Array("\n.json".utf8))
        try folder.write("b.yaml", serviceYAML("b"))
        try await expect("b:80")
        #expect(
            log.lines == [
                "warning a\\xff.yaml: its name is not UTF-8, so it does not count; rename it",
                "warning \\xc3\\x0a.json: its name is not UTF-8, so it does not count; rename it",
            ])
    }
}
