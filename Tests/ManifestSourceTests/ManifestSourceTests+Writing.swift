import Glibc
import KubeModel
import LinuxSystem
import Logging
import ManifestSource
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
}
