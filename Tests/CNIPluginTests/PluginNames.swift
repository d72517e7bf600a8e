import AttachPlan
import CNIPlugin
import Glibc
import LinuxSystem
import TestSupport

/// A directory that holds the plugin under each of its names, as an installation has it.
final class PluginNames: Sendable {
    private let directory: String

    init(_ plugin: String) throws {
        directory = "/tmp/fairway-test-names-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Directory.create(directory)
        for name in Personality.allCases {
            let path = "\(directory)/\(name.rawValue)"
            try systemCall("symlink \(path)") { unsafe symlink(plugin, path) }
        }
    }

    deinit { removeTree(directory) }

    func path(_ personality: Personality) -> String { "\(directory)/\(personality.rawValue)" }
}
