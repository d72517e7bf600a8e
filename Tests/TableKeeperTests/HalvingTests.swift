import TableKeeper
import Testing

@Suite struct HalvingTests {
    private enum Failure: Error, Equatable {
        case fault(Int)
        case shortage
    }

    @Test(
        "Exactly the objects at fault are left out, in few attempts",
        arguments: [[], [0], [99], [41, 42], [0, 50, 99], Array(0..<100)])
    func faults(at fault: [Int]) throws {
        let objects = Array(0..<100)
        var applied: [Int] = []
        var attempts = 0
        let refused = try Halving.apply(objects[...], isAtFault: { _ in true }) { batch throws(Failure) in
            attempts += 1
            if let first = batch.first(where: { fault.contains($0) }) { throw .fault(first) }
            applied += batch
        }
        #expect(refused.map(\.object) == fault)
        #expect(refused.map(\.reason) == fault.map { .fault($0) })
        #expect(applied == objects.filter { !fault.contains($0) })
        #expect(attempts <= 2 * max(1, fault.count) * 8 && attempts < 2 * objects.count)
    }

    @Test("What no object is at fault for ends it all")
    func shortage() {
        var attempts = 0
        #expect(throws: Failure.shortage) {
            try Halving.apply([1, 2, 3][...], isAtFault: { $0 != .shortage }) { _ throws(Failure) in
                attempts += 1
                throw .shortage
            }
        }
        #expect(attempts == 1)
    }
}
