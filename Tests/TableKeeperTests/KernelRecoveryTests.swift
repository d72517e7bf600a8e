import LinuxSystem
import NFTables
import TableKeeper
import TestSupport
import Testing

/// The same in the kernel, which refuses by itself: the set takes three elements.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct KernelRecoveryTests {
    @Test("What does not fit into a table is named by the object, the rest is in force")
    func full() throws {
        let namespace = try NetNS()
        let (refused, found) = try namespace.perform { () throws(SystemError) in
            do throws(KeeperError) {
                let connection = KernelConnection()
                var content = Ports(wanted: [1, 2], size: 3)
                _ = try TableKeeper(connection).reconcile(&content)
                content.wanted = [1, 2, 3, 4, 5]
                let outcome = try TableKeeper(connection).reconcile(&content)
                let dump = try? connection.dump(Ports.table)
                return (outcome.refused.map(\.object), Ports.found(dump))
            } catch {
                throw SystemError("\(error)", .invalid)
            }
        }
        #expect(refused == [4, 5])
        #expect(found == [1, 2, 3])
    }
}
