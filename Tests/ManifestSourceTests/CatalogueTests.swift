import KubeModel
import ManifestSource
import TestSupport
import Testing

@Suite struct CatalogueTests {
    private var catalogue = Catalogue()

    private mutating func apply(_ files: (String, String?)...) -> Catalogue.Update {
        catalogue.apply(files.map { ($0.0, $0.1.map { reading($0) }) })
    }

    @Test("Only what really changed is reported")
    mutating func differences() {
        #expect(
            apply(("f", serviceYAML("a") + "---\n" + serviceYAML("b"))).changes == [
                .set(service("a")), .set(service("b")),
            ])
        #expect(apply(("f", serviceYAML("b") + "---\n# moved\n" + serviceYAML("a"))).changes == [])
        #expect(
            apply(("f", serviceYAML("b", port: 81))).changes == [
                .set(service("b", port: 81)), .removed(serviceID("a")),
            ])
        #expect(apply(("f", nil)).changes == [.removed(serviceID("b"))])
        #expect(apply(("f", nil)).changes == [])
    }

    @Test("An object's last good version stays in force while it is invalid, and goes with its file")
    mutating func invalidObject() {
        _ = apply(("f", serviceYAML("a") + "---\n" + serviceYAML("b")))
        #expect(apply(("f", serviceYAML("a", port: 0))).changes == [.removed(serviceID("b"))])
        #expect(catalogue.unreadable == 1)
        #expect(catalogue.object(serviceID("a")) == service("a"))
        #expect(apply(("f", serviceYAML("a", port: 0))).changes == [])
        #expect(apply(("f", serviceYAML("a", port: 90))).changes == [.set(service("a", port: 90))])
        #expect(catalogue.unreadable == 0)
        _ = apply(("f", serviceYAML("a", port: 0)))
        #expect(apply(("f", nil)).changes == [.removed(serviceID("a"))])
        #expect(catalogue.unreadable == 0)
    }

    @Test("While a document cannot be parsed, every object that the file no longer shows stays in force")
    mutating func brokenDocument() {
        _ = apply(("f", serviceYAML("a") + "---\n" + serviceYAML("b") + "---\n" + serviceYAML("c")))
        let update = apply(("f", serviceYAML("a", port: 81) + "---\nx: [\n---\n" + serviceYAML("d")))
        #expect(update.changes == [.set(service("a", port: 81)), .set(service("d"))])
        #expect(catalogue.object(serviceID("b")) == service("b"))
        #expect(catalogue.unreadable == 1 && catalogue.unreadableObjects.isEmpty)
        #expect(apply(("f", "x: [")).changes == [])
        #expect(apply(("f", serviceYAML("d"))).changes == ["a", "b", "c"].map { .removed(serviceID($0)) })
    }

    @Test("What cannot be used is known by name, as long as any file says so")
    mutating func unreadableObjects() {
        let broken = serviceYAML("a", port: 0)
        _ = apply(("f", broken + "---\n" + broken + "---\n" + serviceYAML("b", port: 0)), ("g", broken))
        #expect(catalogue.unreadable == 4)
        #expect(catalogue.unreadableObjects == [serviceID("a"), serviceID("b")])
        _ = apply(("f", serviceYAML("b")))
        #expect(catalogue.unreadable == 1)
        #expect(catalogue.unreadableObjects == [serviceID("a")])
        _ = apply(("g", nil))
        #expect(catalogue.unreadable == 0 && catalogue.unreadableObjects.isEmpty)
    }

    @Test("Of two files with one object the first in the order of names counts, and the other takes over")
    mutating func duplicates() {
        #expect(apply(("b", serviceYAML("x", port: 2))).duplicates == [])
        let second = apply(("a", serviceYAML("x", port: 1)))
        #expect(second.changes == [.set(service("x", port: 1))])
        #expect(second.duplicates.map { "\($0.id) \($0.winner) \($0.others)" } == ["Service default/x a [\"b\"]"])
        #expect(apply(("b", serviceYAML("x", port: 3))).changes == [])
        #expect(apply(("a", nil)).changes == [.set(service("x", port: 3))])
        #expect(apply(("b", nil)).changes == [.removed(serviceID("x"))])
    }

    @Test("Of many files with one object, in any order, the first counts, and what is said names each once")
    mutating func manyDuplicates() {
        let names = (0..<2000).map { "f\($0)" }
        let update = catalogue.apply(names.map { ($0, reading(serviceYAML("x"))) })
        #expect(update.duplicates.count == 1)
        #expect(update.duplicates.first?.winner == "f0")
        #expect(update.duplicates.first?.others == Array(names.sorted().dropFirst()))
        #expect(enumeration(update.duplicates.flatMap(\.others)) == "f1, f10, f100, f1000, f1001 and 1994 more")
        for name in names.reversed().dropLast() { _ = apply((name, nil)) }
        #expect(catalogue.object(serviceID("x")) == service("x"))
        #expect(apply(("f0", nil)).changes == [.removed(serviceID("x"))])
    }

    @Test("An object that moves to another file in one batch is not removed in between")
    mutating func rename() {
        _ = apply(("a", serviceYAML("x")))
        #expect(apply(("a", nil), ("b", serviceYAML("x"))).changes == [])
        #expect(apply(("b", nil), ("a", serviceYAML("x", port: 9))).changes == [.set(service("x", port: 9))])
    }

    @Test("Within a file the last of two objects of one name counts")
    mutating func sameFile() {
        let update = apply(("f", serviceYAML("a", port: 1) + "---\n" + serviceYAML("a", port: 2)))
        #expect(update.changes == [.set(service("a", port: 2))])
    }

    @Test("Random edits of files end in what a fresh catalogue says", arguments: 0..<8)
    func random(seed: Int) {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var catalogue = Catalogue()
        var files: [String: String] = [:]
        var mirror: [ObjectID: KubeObject] = [:]
        for _ in 0..<Soak.rounds(100) {
            let batch = (0..<next(3) + 1).map { _ in "f\(next(4))" }
            for name in Set(batch) {
                files[name] =
                    next(4) == 0
                    ? nil : (0..<next(4)).map { _ in "---\n" + serviceYAML("s\(next(5))", port: next(3) + 1) }.joined()
            }
            for change in catalogue.apply(Set(batch).sorted().map { ($0, files[$0].map { reading($0) }) }).changes {
                switch change {
                case .set(let object):
                    #expect(mirror[object.id] != object)
                    mirror[object.id] = object
                case .removed(let id): #expect(mirror.removeValue(forKey: id) != nil)
                }
            }
            var fresh = Catalogue()
            _ = fresh.apply(files.sorted { $0.key < $1.key }.map { ($0.key, reading($0.value)) })
            for name in 0..<5 { #expect(mirror[serviceID("s\(name)")] == fresh.object(serviceID("s\(name)"))) }
        }
    }
}
