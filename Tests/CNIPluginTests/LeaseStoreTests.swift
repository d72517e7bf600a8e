import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// The index beside the leases: a cache that must never be believed when somebody else has been there.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct LeaseStoreTests {
    private let index = ".fairway-index"
    private let tiny = #"[[{"subnet":"10.85.0.0/29"}]]"#

    @Test("A lease that somebody else makes or removes is seen at once")
    func foreignChanges() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(ranges: tiny)
        #expect(try await store.add(configuration, container: "a") == ["10.85.0.2"])
        try store.write("stranger\r\neth0", to: "10.85.0.3")
        #expect(try await store.add(configuration, container: "b") == ["10.85.0.4"])
        #expect(try await store.add(configuration, container: "c") == ["10.85.0.5"])
        #expect(try await store.add(configuration, container: "d") == ["10.85.0.6"])
        #expect(try await store.failure("STATUS", configuration).code == 50)
        try Directory.remove("\(store.directory)/10.85.0.4")
        try await store.demand("STATUS", configuration)
        #expect(try await store.add(configuration, container: "e") == ["10.85.0.4"])
        // The stranger's is its own under Fairway too.
        #expect(try await store.failure("ADD", configuration, container: "stranger").code == 101)
        try await store.demand("CHECK", configuration, container: "stranger")
        try await store.demand("DEL", configuration, container: "stranger")
        #expect(try await store.add(configuration, container: "f") == ["10.85.0.3"])
    }

    @Test("DEL leaves an address alone that somebody else has got meanwhile")
    func changedOwner() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration()
        try await store.add(configuration)
        // In place: the directory's stamp does not move.
        try store.write("other\r\neth0", to: "10.85.0.2")
        try await store.demand("DEL", configuration)
        #expect(try store.leases() == ["10.85.0.2": "other\r\neth0"])
    }

    @Test("An index that is damaged in any place is made anew: no lease is lost or given twice")
    func damagedIndex() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration()
        for number in 0..<60 { try await store.add(configuration, container: "c\(number)") }
        let path = "\(store.directory)/\(index)"
        var generator = SystemRandomNumberGenerator()
        for round in 0..<60 {
            let stamp = try FileStatus(of: store.directory).modified
            let file = try FileDescriptor.open(path, O_RDWR)
            let size = Int(try FileStatus(of: file).size)
            switch round % 3 {
            case 0: try file.truncate(to: Int.random(in: 0..<size, using: &generator))
            case 1: try file.write([UInt64.random(in: 0...UInt64.max)], at: Int.random(in: 0..<(size / 8)))
            default: try file.write([UInt64](repeating: 0, count: 64), at: Int.random(in: 0..<(size / 8 - 64)))
            }
            // What was written does not move the directory's stamp, so that the index is read as if it fitted.
            #expect(try FileStatus(of: store.directory).modified == stamp)
            let container = "c\(round)"
            try await store.demand("CHECK", configuration, container: container)
            try await store.demand("DEL", configuration, container: container)
            #expect(try !store.leases().values.contains("\(container)\r\neth0"), "round \(round)")
            let added = try await store.add(configuration, container: container)
            #expect(try store.leases()[added[0]] == "\(container)\r\neth0", "round \(round)")
            #expect(try store.leases().count == 60, "round \(round)")
        }
    }

    @Test("An index that says that a lease is free is put right by the lease itself")
    func wrongIndex() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(ranges: tiny)
        try await store.add(configuration, container: "a")
        let stamp = try FileStatus(of: store.directory).modified
        try store.write("b\r\neth0", to: "10.85.0.3")
        try store.write("c\r\neth0", to: "10.85.0.4")
        let directory = try OpenDirectory(store.directory)
        try directory.setModified(stamp)
        #expect(try await store.add(configuration, container: "d") == ["10.85.0.5"])
        #expect(try await store.failure("ADD", configuration, container: "b").code == 101)
        try await store.demand("DEL", configuration, container: "c")
        #expect(try store.leases().keys.sorted() == ["10.85.0.2", "10.85.0.3", "10.85.0.5"])
    }

    @Test("Where the index cannot be written, leases work without it")
    func withoutIndex() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(ranges: tiny)
        try Directory.create("\(store.directory)/\(index)")
        #expect(try await store.add(configuration, container: "a") == ["10.85.0.2"])
        #expect(try await store.add(configuration, container: "b") == ["10.85.0.3"])
        #expect(try await store.failure("ADD", configuration, container: "a").code == 101)
        try await store.demand("CHECK", configuration, container: "a")
        try await store.demand("DEL", configuration, container: "a")
        try await store.demand("STATUS", configuration)
        try await store.demand("GC", configuration)
        #expect(try store.leases().isEmpty)
    }

    @Test("An owner of more leases than a bucket holds gets them all back")
    func manyOfOne() async throws {
        let store = try LeaseNode()
        let sets = (0..<60).map { #"[{"subnet":"10.85.\#($0).0/29"}]"# }.joined(separator: ",")
        let configuration = store.configuration(ranges: "[\(sets)]")
        for _ in 0..<2 {
            #expect(try await store.add(configuration).count == 60)
            try await store.add(configuration, container: "other")
            try await store.demand("DEL", configuration)
            #expect(try Set(store.leases().values) == ["other\r\neth0"])
            try await store.demand("DEL", configuration, container: "other")
            #expect(try store.leases().isEmpty)
        }
    }

    @Test("The index grows with the leases: each is found by its owner")
    func growth() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(
            ranges: #"[[{"subnet":"10.85.0.0/16"}],[{"subnet":"fd85::/64"}]]"#)
        for number in 0..<150 { try await store.add(configuration, container: "c\(number)") }
        #expect(try store.leases().count == 300)
        for number in 0..<150 {
            #expect(try await store.failure("ADD", configuration, container: "c\(number)").code == 101)
            try await store.demand("DEL", configuration, container: "c\(number)")
        }
        #expect(try store.leases().isEmpty)
    }

    @Test("With 60,000 leases ADD, DEL and STATUS make as many system calls as with none")
    func constantCost() async throws {
        let empty = try LeaseNode()
        let full = try LeaseNode()
        for number in 0..<60_000 {
            try full.write("other-\(number)\r\neth0", to: "10.85.\((number + 2) >> 8).\((number + 2) & 0xff)")
        }
        // Every free address is on the other side of all leases.
        try full.write("10.85.0.3", to: "last_reserved_ip.0")
        let ranges = #"[[{"subnet":"10.85.0.0/16"}]]"#
        var counts: [[String: Int]] = []
        for store in [empty, full] {
            let configuration = store.configuration(ranges: ranges)
            // The first one makes the index.
            try await store.add(configuration, container: "first")
            var count: [String: Int] = [:]
            for command in ["ADD", "STATUS", "DEL"] {
                let trace = "\(store.node.dataDirectory)/trace"
                let outcome = try await RunningProcess(
                    Programs.path(of: "strace"), ["-o", trace, store.hostLocal],
                    environment: [
                        "CNI_COMMAND": command, "CNI_CONTAINERID": "c1", "CNI_NETNS": "/nowhere", "CNI_IFNAME": "eth0",
                        "CNI_PATH": "/opt/cni/bin",
                    ], input: configuration, in: store.node.namespace
                ).outcome()
                #expect(outcome.exitCode == 0, "\(outcome.output)")
                let text = String(decoding: try FileDescriptor.open(trace, O_RDONLY).readToEnd(), as: UTF8.self)
                // How the allocator grows is not what counts here.
                count[command] = text.split(separator: "\n").count { line in
                    !["brk(", "mmap(", "munmap("].contains { line.hasPrefix($0) }
                }
            }
            counts.append(count)
        }
        for (command, count) in counts[0] {
            // One more read for the bitmap's end, one more write for what does not fit into a page.
            #expect((count...count + 2).contains(counts[1][command] ?? 0), "\(command): \(counts)")
        }
        #expect(full.node.leases().count == 60_001)
    }

    @Test("An ADD or DEL that is killed at any instant loses nobody's lease and leaves none after DEL")
    func killed() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(ranges: #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#)
        try await store.add(configuration, container: "neighbour")
        var completed = 0
        let rounds = Soak.rounds(120)
        for round in 0..<rounds {
            for command in round.isMultiple(of: 2) ? ["ADD"] : ["ADD", "DEL"] {
                let process = try store.node.start(
                    command, configuration, container: "victim", pod: "/nowhere", program: store.hostLocal)
                try await Task.sleep(for: .microseconds(round % 120 * 20))
                process.signal(SIGKILL)
                if try await process.outcome().exitCode == 0 { completed += 1 }
            }
            try await store.demand("DEL", configuration, container: "victim")
            #expect(try store.leases().values.sorted() == ["neighbour\r\neth0", "neighbour\r\neth0"], "round \(round)")
            try await store.demand("CHECK", configuration, container: "neighbour")
        }
        #expect(completed < rounds * 3 / 2)
    }
}
