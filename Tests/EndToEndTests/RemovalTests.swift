import FoundationEssentials
import Glibc
import Lab
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Removal", .serialized)
    struct RemovalTests {
        /// Runs `fairway-lab up` in the background for the length of a body.
        private static func withUp<Result>(_ body: (BackgroundProcess) throws -> Result) throws -> Result {
            let log = "/tmp/fairway-removal-\(String(UInt64.random(in: 0 ... .max), radix: 36)).log"
            defer { _ = unsafe unlink(log) }
            return try body(try BackgroundProcess([Programs.locate().lab, "up", "--pods", "3"], logPath: log))
        }

        /// Everything on this host that carries the lab's id: namespaces, links, files, processes.
        private static func traces(of id: String) throws -> [String] {
            var found = ["/run/netns", "/run/fairway-lab", "/run/fairway-cni", "/var/lib/cni/networks"].flatMap {
                folder in
                ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map { "\(folder)/\($0)" }
            }
            found += try Command(["ip", "-o", "link"]).check().split(separator: "\n").map(String.init)
            for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int32(entry) != nil {
                let words = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline") ?? Data()
                found.append("\(entry) " + String(decoding: words.map { $0 == 0 ? 32 : $0 }, as: UTF8.self))
            }
            return found.filter { $0.contains(id) }
        }

        @Test("Nothing is left of a lab that was removed")
        func removed() async throws {
            let (before, after, again) = try await onThread {
                let cluster = try Cluster.make(nodes: 2, backends: 2)
                let lab = cluster.lab
                for node in lab.nodes { _ = try node.startProxy(manifests: lab.manifests) }
                let before = try Self.traces(of: lab.id)
                try lab.remove()
                let after = try Self.traces(of: lab.id)
                try lab.remove()
                return (before, after, try? lab.addPod("late", on: lab.nodes[0]))
            }
            #expect(before.count > 5)
            #expect(after == [])
            #expect(again == nil)
        }

        @Test("A removed pod leaves neither link nor lease, and its name is free again")
        func podRemoved() async throws {
            let (links, first, second) = try await Cluster.with(backends: 1) { cluster in
                let node = cluster.lab.nodes[0]
                let pod = try cluster.lab.addPod("short", on: node)
                let before = try node.namespace.check(["ip", "-o", "link"]).split(separator: "\n").count
                try cluster.lab.removePod(pod)
                let after = try node.namespace.check(["ip", "-o", "link"]).split(separator: "\n").count
                return (before - after, pod.addresses, try cluster.lab.addPod("short", on: node).addresses)
            }
            #expect(links == 1)
            #expect(first.count == 2 && second.count == 2)
        }

        @Test(
            "`clean` removes what a killed run left, at whatever moment it was killed",
            arguments: [5, 50, 150, 300, 500])
        func killed(milliseconds: Int) async throws {
            let left = try await onThread {
                let lab = try Programs.locate().lab
                let known = Set(LabStore.ids)
                let pid = try Self.withUp { child in
                    usleep(UInt32(milliseconds) * 1000)
                    child.send(SIGKILL)
                    _ = try child.wait(within: .seconds(5))
                    return child.pid
                }
                let made = Set(LabStore.ids).subtracting(known)
                let mine = made.filter { (try? LabStore.read($0))?.owner?.pid == pid }
                try Command([lab, "clean"]).check()
                // It may have been quicker than the signal: an `up` that made its lab keeps it until `down`.
                let standing = made.filter { id in (try? LabStore.read(id)).map { $0.owner == nil } ?? false }
                for id in standing { try Command([lab, "down", id]).check() }
                return try mine.union(standing).flatMap { try Self.traces(of: $0) }
            }
            #expect(left == [])
        }

        @Test("A signal ends a run with nothing left behind", arguments: [SIGINT, SIGTERM])
        func signalled(_ signal: Int32) async throws {
            let (status, left) = try await onThread {
                let known = Set(LabStore.ids)
                return try Self.withUp { child in
                    try waitUntil("the lab to begin", within: .seconds(5)) {
                        !Set(LabStore.ids).subtracting(known).isEmpty
                    }
                    let mine = Set(LabStore.ids).subtracting(known)
                    child.send(signal)
                    let status = try child.wait(within: .seconds(10))
                    return (status, try mine.flatMap { try Self.traces(of: $0) })
                }
            }
            #expect(status == 128 + signal)
            #expect(left == [])
        }
    }
}
