import Frontends
import KubeModel
import NFTables
import NetworkTypes
import ServiceTables
import Testing

@Suite struct TransactionTests {
    private let frontend = Frontend(.address(IPAddress("10.96.0.1")!), .tcp, 80)
    private let pool = PoolID(1, .ipv4)

    private func backend(_ number: Int) -> Backend {
        Backend(IPAddress(family: .ipv4, value: UInt128(0x0af4_0000 + number)), 8080)
    }

    /// A ruleset with one frontend of so many backends, committed.
    private func committed(_ backends: Int) -> ServiceTablePair {
        var ruleset = ServiceTablePair(ServiceTableOptions())
        ruleset.release()
        ruleset.apply([
            .poolAdded(pool, (0..<backends).map(backend)),
            .frontendSet(frontend, FrontendPolicy(pool: pool, masquerade: .fromOutsideCluster, owner: "default/web")),
        ])
        _ = ruleset.takeTransactions(now: 0)
        return ruleset
    }

    private func descriptions(_ transactions: [Transaction]) -> [String] {
        transactions.flatMap { $0.operations.map(\.description) }
    }

    @Test("Replacing the only changed endpoint deletes one element and adds one")
    func replacement() {
        var ruleset = committed(3)
        ruleset.apply([.backendRemoved(pool, backend(2)), .backendAdded(pool, backend(9))])
        #expect(
            descriptions(ruleset.takeTransactions(now: 1)) == [
                "delete element ip fairway endpoints (1)", "add element ip fairway endpoints (1)",
            ])
    }

    @Test("A change's transaction is as long among 10,000 Services as among 10", arguments: [10, 10_000])
    func proportion(services: Int) {
        var ruleset = ServiceTablePair(ServiceTableOptions())
        for number in 1...services {
            let frontend = Frontend(.address(IPAddress(family: .ipv4, value: UInt128(0x0a60_0000 + number))), .tcp, 80)
            let policy = FrontendPolicy(
                pool: PoolID(number, .ipv4), masquerade: .fromOutsideCluster, owner: "default/s\(number)")
            ruleset.apply([
                .poolAdded(PoolID(number, .ipv4), [backend(1), backend(2)]), .frontendSet(frontend, policy),
            ])
        }
        _ = ruleset.takeTransactions(now: 0)
        ruleset.apply([.backendRemoved(PoolID(7, .ipv4), backend(2)), .backendAdded(PoolID(7, .ipv4), backend(3))])
        let transactions = ruleset.takeTransactions(now: 1)
        #expect(
            descriptions(transactions) == [
                "delete element ip fairway endpoints (1)", "add element ip fairway endpoints (1)",
            ])
    }

    @Test("Slots shrink from the top: the last backend moves into the hole, and slot 0 is never empty")
    func shrinking() throws {
        var ruleset = committed(3)
        ruleset.apply([.backendRemoved(pool, backend(0))])
        let transactions = ruleset.takeTransactions(now: 1)
        var deleted: [UInt32] = []
        var added: [UInt32] = []
        for operation in transactions.flatMap(\.operations) {
            switch operation {
            case .deleteElements(_, "endpoints", let elements):
                deleted += (0..<elements.count).map { elements.key($0).last! }
            case .addElements(_, "endpoints", let elements):
                added += (0..<elements.count).map { elements.key($0).last! }
            default: break
            }
        }
        #expect(deleted.sorted() == [0, 2])
        #expect(added == [0])
    }

    @Test("A change that is taken back before the commit leaves nothing to do")
    func undone() {
        var ruleset = committed(3)
        ruleset.apply([
            .backendRemoved(pool, backend(2)), .backendAdded(pool, backend(9)), .backendRemoved(pool, backend(9)),
            .backendAdded(pool, backend(2)),
        ])
        #expect(ruleset.takeTransactions(now: 1).isEmpty)
    }

    @Test("An unused shape's chain goes no sooner than a second later, and stays where it is used again")
    func idleShapes() throws {
        let second: UInt64 = 1_000_000_000
        var ruleset = committed(3)
        ruleset.apply([.backendRemoved(pool, backend(2))])
        let shrink = descriptions(ruleset.takeTransactions(now: second))
        #expect(shrink.contains("add chain ip fairway pick-2"))
        #expect(!shrink.contains("delete chain ip fairway pick-3"))
        let deadline = try #require(ruleset.nextDeadline)
        #expect(deadline >= 2 * second)
        #expect(ruleset.takeTransactions(now: deadline - 1).isEmpty)
        let removal = descriptions(ruleset.takeTransactions(now: deadline))
        #expect(removal.contains("delete chain ip fairway pick-3"))
        #expect(ruleset.nextDeadline == nil)
    }

    @Test("A new shape's chain is in force before a packet can be sent there")
    func newShapes() {
        var ruleset = committed(3)
        ruleset.apply([.backendAdded(pool, backend(3))])
        let transactions = ruleset.takeTransactions(now: 1).map { descriptions([$0]) }
        #expect(transactions.count == 2)
        #expect(transactions.first?.contains("add chain ip fairway pick-4") == true)
        #expect(transactions.first?.contains { $0.contains("services") || $0.contains("endpoints") } == false)
    }

    @Test("A comment that nft would refuse is cut and ends in a hash")
    func longComments() throws {
        var ruleset = ServiceTablePair(ServiceTableOptions())
        let long = "default/" + String(repeating: "x", count: 150)
        ruleset.apply([
            .poolAdded(pool, []),
            .frontendSet(frontend, FrontendPolicy(pool: pool, masquerade: .always, owner: long)),
        ])
        var comments: [String] = []
        for case .addElements(_, "services", let elements) in ruleset.takeTransactions(now: 0).flatMap(\.operations) {
            comments += elements.comments
        }
        let comment = try #require(comments.first)
        #expect(comment.utf8.count == 128)
        #expect(comment.hasPrefix("default/xxx") && comment.dropLast(8).hasSuffix("~"))
    }
}
