import Glibc
import LinuxSystem

/// Removes a folder with everything in it, as far as that goes.
package func removeTree(_ path: String) {
    for name in (try? Directory.names(in: path)) ?? [] {
        let child = "\(path)/\(name)"
        if unsafe unlink(child) != 0 { removeTree(child) }
    }
    unsafe rmdir(path)
}
