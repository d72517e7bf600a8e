import CMNLComparison
import Testing

/// What the static plugin links in libmnl's place does, byte for byte, what libmnl does.
struct ComparisonTests {
    private enum Library: CaseIterable {
        case real
        case standIn

        var raw: OpaquePointer {
            switch self {
            case .real: unsafe comparison_real()
            case .standIn: unsafe comparison_stand_in()
            }
        }
    }

    private func built(_ library: Library, _ seed: UInt32, over fill: UInt8 = 0) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 16384) { buffer, count in
            count = unsafe comparison_build(library.raw, seed, fill, buffer.baseAddress, buffer.count)
        }
    }

    private func parsed(_ library: Library, _ seed: UInt32, _ input: [UInt8]) -> [UInt8] {
        // Libmnl takes a last message's length as padded: it may read three bytes behind it.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: input.count + 8, alignment: 8)
        defer { unsafe bytes.deallocate() }
        unsafe bytes.copyBytes(from: input)
        return unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
            count = unsafe comparison_parse(
                library.raw, seed, bytes.baseAddress, input.count, buffer.baseAddress, buffer.count)
        }
    }

    /// Libmnl before 1.0.5 leaves the bytes as they were that pad an attribute.
    @Test("What it builds is equal, and has zeros for padding")
    func building() {
        var sizes: Set<Int> = []
        var different: [UInt32] = []
        for seed in UInt32(1)...4000 {
            let real = built(.real, seed &* 2_654_435_761)
            for fill in [UInt8(0), 0xa5] where built(.standIn, seed &* 2_654_435_761, over: fill) != real {
                different.append(seed)
            }
            sizes.insert(real.count)
        }
        #expect(different.isEmpty)
        #expect(sizes.count > 300)
    }

    @Test("What it reads is equal, with the same errors: well-formed, cut short, and overwritten at random")
    func parsing() {
        var generator = Xorshift(state: 88_172_645_463_325_252)
        var logged = 0
        var different: [[UInt8]] = []
        for seed in UInt32(1)...1500 {
            let whole = built(.real, seed &* 2_654_435_761)
            let length = min(whole.count, 600)
            var inputs = [Array(whole.prefix(length))]
            inputs.append(Array(whole.prefix(Int.random(in: 0...length, using: &generator))))
            for _ in 0..<4 {
                var broken = Array(whole.prefix(Int.random(in: 4...length, using: &generator)))
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let place = Int.random(in: 0..<broken.count, using: &generator)
                    broken[place] = UInt8.random(in: 0...255, using: &generator)
                }
                inputs.append(broken)
            }
            inputs.append((0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) })
            for input in inputs {
                let real = parsed(.real, seed, input)
                if real != parsed(.standIn, seed, input) { different.append(input) }
                logged += real.count
            }
        }
        #expect(different.isEmpty)
        #expect(logged > 10_000_000)
    }

    @Test("A message of more than 2 GiB is not taken for whole, as libmnl takes it")
    func hugeMessage() {
        for length: UInt32 in [0x8000_0000, 0xffff_ffff] {
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + [UInt8](repeating: 0, count: 28)
            #expect(unsafe !comparison_accepts(comparison_stand_in(), bytes, bytes.count))
        }
    }

    @Test("Its sockets answer and fail alike")
    func sockets() {
        let logs = Library.allCases.map { library in
            unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = unsafe comparison_socket(library.raw, buffer.baseAddress, buffer.count)
            }
        }
        #expect(logs[0] == logs[1])
        #expect(logs[0].count > 100)
    }
}

private struct Xorshift: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
