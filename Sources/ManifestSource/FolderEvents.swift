package import LinuxSystem

/// What a batch of inotify events asks for: each file once, however often it was touched.
package struct FolderEvents: Sendable {
    /// The manifest files to look at again.
    package private(set) var files: Set<String> = []
    /// Manifest files that are new or have other attributes: they count as soon as nobody writes them.
    package private(set) var unclosed: Set<String> = []
    /// Names that are not UTF-8, escaped.
    package private(set) var illegible: Set<String> = []
    /// Events were lost, or a ConfigMap's `..data` link was swapped under all files.
    package private(set) var needsScan = false
    /// The folder itself went away.
    package private(set) var folderIsGone = false
    private var halfMoves: Set<UInt32> = []

    /// True while a rename's second half has not come: it lies behind the first in the queue, or was out of the folder.
    package var isHalf: Bool { !halfMoves.isEmpty }

    package var isEmpty: Bool { files.isEmpty && unclosed.isEmpty && illegible.isEmpty && !needsScan && !folderIsGone }

    package init() {}

    /// Nothing is known but that something may have changed.
    static var scan: FolderEvents {
        var events = FolderEvents()
        events.needsScan = true
        return events
    }

    package mutating func add(_ event: Inotify.Event) {
        switch event {
        case .touched(let name): touch(name)
        case .movedAway(let name, let cookie):
            touch(name)
            halfMoves.insert(cookie)
        case .movedIn(let name, let cookie):
            touch(name)
            halfMoves.remove(cookie)
        case .created(let name), .attributes(let name):
            if isManifest(name) { unclosed.insert(name) }
        case .illegible(let name): illegible.insert(name)
        case .directoryGone: folderIsGone = true
        case .overflow: needsScan = true
        }
    }

    private mutating func touch(_ name: String) {
        if name == "..data" { needsScan = true }
        if isManifest(name) { files.insert(name) }
    }
}

/// True for the names of manifests: `.yaml`, `.yml` and `.json`, without hidden files and editors' lock files.
func isManifest(_ name: String) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "#") else { return false }
    return [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
}
