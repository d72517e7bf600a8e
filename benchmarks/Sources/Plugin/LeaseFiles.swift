import FoundationEssentials
import LinuxSystem

/// Leases in host-local's layout, of pods that are not there.
enum LeaseFiles {
    /// Leases the first addresses of `10.<network>.0.0/16` that pods may have.
    static func fill(_ directory: String, network: Int, count: Int) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for number in 2..<count + 2 {
            let address = "10.\(network).\(number >> 8).\(number & 0xff)"
            try Data("other-\(number)\r\neth0".utf8).write(to: URL(filePath: "\(directory)/\(address)"))
        }
        let last = count + 1
        try Data("10.\(network).\(last >> 8).\(last & 0xff)".utf8).write(
            to: URL(filePath: "\(directory)/last_reserved_ip.0"))
    }
}
