import HostIPAM
import NetworkTypes
import Testing

@Suite struct AddressBitmapTests {
    @Test("Against a plain set: contains, first free and count after thousands of changes")
    func model() {
        var generator = SystemRandomNumberGenerator()
        for base: UInt128 in [0, 60, 0x0a00_0000, .max - 400] {
            var bitmap = AddressBitmap()
            var model: Set<UInt128> = []
            for _ in 0..<3000 {
                let value = base + UInt128.random(in: 0...400, using: &generator)
                if Int.random(in: 0..<3, using: &generator) > 0 {
                    bitmap.insert(value)
                    model.insert(value)
                } else {
                    bitmap.remove(value)
                    model.remove(value)
                }
                let (a, b) = (UInt128.random(in: 0...400), UInt128.random(in: 0...400))
                let range = (base + min(a, b))...(base + max(a, b))
                #expect(bitmap.contains(value) == model.contains(value))
                #expect(bitmap.firstFree(in: range) == range.first { !model.contains($0) })
                #expect(bitmap.count(in: range) == range.count { model.contains($0) })
            }
            #expect(AddressBitmap(bitmap.blocks) == bitmap)
            for value in model { bitmap.remove(value) }
            #expect(bitmap == AddressBitmap())
        }
    }

    @Test("Sixty thousand taken addresses in a row are stepped over")
    func longRun() {
        var bitmap = AddressBitmap()
        for value: UInt128 in 100..<60_100 { bitmap.insert(value) }
        #expect(bitmap.blocks.count < 1000)
        #expect(bitmap.firstFree(in: 100...70_000) == 60_100)
        #expect(bitmap.firstFree(in: 100...60_099) == nil)
        #expect(bitmap.count(in: 0...(.max)) == 60_000)
        bitmap.remove(30_000)
        #expect(bitmap.firstFree(in: 100...70_000) == 30_000)
    }

    @Test("Blocks that are out of order, doubled, empty or crooked are none")
    func damaged() {
        typealias Block = AddressBitmap.Block
        #expect(AddressBitmap([Block(start: 64, bits: 1), Block(start: 0, bits: 1)]) == nil)
        #expect(AddressBitmap([Block(start: 64, bits: 1), Block(start: 64, bits: 2)]) == nil)
        #expect(AddressBitmap([Block(start: 64, bits: 0)]) == nil)
        #expect(AddressBitmap([Block(start: 65, bits: 1)]) == nil)
        #expect(AddressBitmap([Block(start: 0, bits: 1), Block(start: 128, bits: 2)]) != nil)
    }
}

extension AddressBitmap {
    /// The number of taken addresses in the range.
    fileprivate func count(in range: ClosedRange<UInt128>) -> Int {
        blocks.reduce(0) { count, block in
            count + (0..<64).count { block.bits >> $0 & 1 == 1 && range.contains(block.start + UInt128($0)) }
        }
    }
}
