import KubeClient
import KubeModel
import TestSupport
import Testing

/// What a server sent, damaged at random: a result or an error, never a trap, and nothing is waited for without a bound.
@Suite struct DecoderFuzzTests {
    private static let bodies: [(String, ObjectID.Kind)] = [
        ("services-list", .service), ("endpointslices-list", .endpointSlice), ("node-list", .node),
        ("servicecidr-list", .serviceCIDR), ("endpointslices-watch", .endpointSlice), ("services-watchlist", .service),
        ("watch-410", .service), ("not-found", .service),
    ]

    @Test("Damaged answers are errors or answers", arguments: bodies)
    func damaged(_ name: String, _ kind: ObjectID.Kind) throws {
        var generator = SeededGenerator(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        for (encoding, bytes) in try recordings(name) {
            var (answers, errors) = (0, 0)
            for _ in 0..<Soak.rounds(300) {
                let damaged = Self.damaged(bytes, &generator)
                if (try? ListPage(damaged, encoding, of: kind)) != nil { answers += 1 } else { errors += 1 }
                if (try? events([damaged[...]], encoding, of: kind)) != nil { answers += 1 } else { errors += 1 }
                _ = APIStatus(code: 500, contentType: encoding == .json ? "application/json" : "", body: damaged)
            }
            // Of one kind or the other nearly all have to be errors: a body is a list or a stream.
            #expect(errors >= Soak.rounds(300))
            #expect(answers + errors == 2 * Soak.rounds(300))
        }
    }

    private static func damaged(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &generator)))
            case 3: bytes.insert(contentsOf: bytes[..<min(bytes.count, 20)], at: place)
            default: bytes.removeLast(bytes.count - place)
            }
        }
        return bytes
    }
}
