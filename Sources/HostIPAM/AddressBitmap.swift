/// Which addresses of one family are taken: a sparse bitmap in blocks of 64.
///
/// Leases lie close together, so that a block costs little more than its 64 bits, and a run of taken addresses is
/// stepped over a block at a time.
package struct AddressBitmap: Sendable, Hashable {
    package struct Block: Sendable, Hashable {
        /// The first of the block's 64 addresses, a multiple of 64.
        package let start: UInt128
        /// A bit for each address, the lowest for the first.
        package internal(set) var bits: UInt64

        package init(start: UInt128, bits: UInt64) {
            self.start = start
            self.bits = bits
        }
    }

    /// In ascending order, none of them empty.
    package private(set) var blocks: [Block] = []

    package init() {}

    /// Returns nil when the blocks are not what `blocks` promises.
    package init?(_ blocks: [Block]) {
        var last: UInt128?
        for block in blocks {
            guard block.start & 63 == 0, block.bits != 0, last.map({ $0 < block.start }) ?? true else { return nil }
            last = block.start
        }
        self.blocks = blocks
    }

    package func contains(_ value: UInt128) -> Bool {
        let index = position(of: value)
        return holds(index, value) && blocks[index].bits & Self.bit(value) != 0
    }

    package mutating func insert(_ value: UInt128) {
        let index = position(of: value)
        if holds(index, value) {
            blocks[index].bits |= Self.bit(value)
        } else {
            blocks.insert(Block(start: value & ~63, bits: Self.bit(value)), at: index)
        }
    }

    package mutating func remove(_ value: UInt128) {
        let index = position(of: value)
        guard holds(index, value) else { return }
        blocks[index].bits &= ~Self.bit(value)
        if blocks[index].bits == 0 { blocks.remove(at: index) }
    }

    /// The first address of the range that is not taken.
    package func firstFree(in range: ClosedRange<UInt128>) -> UInt128? {
        var value = range.lowerBound
        for index in position(of: value)..<blocks.endIndex {
            let block = blocks[index]
            guard block.start == value & ~63 else { return value }
            let taken = block.bits | (Self.bit(value) - 1)
            if taken != .max {
                let free = block.start + UInt128((~taken).trailingZeroBitCount)
                return free <= range.upperBound ? free : nil
            }
            guard range.upperBound - block.start >= 64 else { return nil }
            value = block.start + 64
        }
        return value
    }

    /// The index of the first block that reaches up to the address.
    private func position(of value: UInt128) -> Int {
        let start = value & ~63
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].start < start { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func holds(_ index: Int, _ value: UInt128) -> Bool {
        index < blocks.count && blocks[index].start == value & ~63
    }

    private static func bit(_ value: UInt128) -> UInt64 { 1 << UInt64(value & 63) }
}
