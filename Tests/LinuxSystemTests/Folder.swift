import Glibc
import LinuxSystem

/// A folder of a test's own, which goes with it.
final class Folder {
    let path: String

    init() throws {
        path = "/tmp/fairway-linux-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try Directory.create(path, mode: 0o700)
    }

    deinit {
        for name in (try? Directory.names(in: path)) ?? [] { _ = try? Directory.remove("\(path)/\(name)") }
        unsafe rmdir(path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
