import LinuxSystem
import ManifestSource
import Testing

@Suite struct FolderEventsTests {
    /// A `struct inotify_event` as the kernel lays it out on a little-endian machine.
    private func record(mask: UInt32, cookie: UInt32 = 0, name: String = "") -> [UInt8] {
        let padded = name.isEmpty ? [] : Array(name.utf8) + Array(repeating: 0, count: 16 - name.utf8.count % 16)
        return [1, mask, cookie, UInt32(padded.count)].flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        } + padded
    }

    private func fold(_ bytes: [UInt8]) -> FolderEvents {
        var events = FolderEvents()
        for event in Inotify.events(in: bytes) { events.add(event) }
        return events
    }

    @Test("Records are read one after another, names without their padding")
    func records() {
        let bytes =
            record(mask: 0x8, name: "a.yaml") + record(mask: 0x40, cookie: 7, name: "b.yaml.swp.longer")
            + record(mask: 0x80, cookie: 7, name: "c.json") + record(mask: 0x4000_0000 | 0x100, name: "d")
            + record(mask: 0x4000) + record(mask: 0x400)
        #expect(
            Inotify.events(in: bytes) == [
                .touched(name: "a.yaml"), .movedAway(name: "b.yaml.swp.longer", cookie: 7),
                .movedIn(name: "c.json", cookie: 7), .created(name: "d"), .overflow, .directoryGone,
            ])
        #expect(Inotify.events(in: Array(bytes.prefix(40))).count == 1)
    }

    @Test("Events of one file fold into one; hidden files, editors' files and other names do not count")
    func folding() {
        let names = [
            "a.yaml", ".a.yaml.swp", "a.yaml~", "a.yaml", "#a.yaml#", ".#a.yaml", "4913", "b.yml", "c.json", "d.txt",
            "yaml",
        ]
        let events = fold(names.flatMap { record(mask: 0x8, name: $0) })
        #expect(events.files == ["a.yaml", "b.yml", "c.json"])
        #expect(!events.needsScan && !events.folderIsGone && events.unclosed.isEmpty)
        #expect(fold(record(mask: 0x8, name: ".x")).isEmpty)
    }

    @Test("A full queue and a swapped ..data link ask for a scan")
    func scan() {
        #expect(fold(record(mask: 0x4000)).needsScan)
        #expect(fold(record(mask: 0x80, cookie: 1, name: "..data")).needsScan)
        #expect(!fold(record(mask: 0x80, cookie: 1, name: "..data_tmp")).needsScan)
    }

    @Test("A rename is half until its second event came")
    func halves() {
        #expect(fold(record(mask: 0x40, cookie: 3, name: "a.yaml")).isHalf)
        #expect(
            !fold(record(mask: 0x40, cookie: 3, name: "a.yaml") + record(mask: 0x80, cookie: 3, name: "b.yaml")).isHalf)
    }
}
