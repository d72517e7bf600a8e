/// One of the sixteen 32-bit registers that expressions pass data in.
///
/// A longer value fills the registers that follow. The kernel has two names for a register that starts a 128-bit one
/// and always answers with the older (`NFT_REG_1` to `NFT_REG_4`); so does `netlinkNumber`.
package struct Register: Sendable, Hashable {
    /// 0 to 15.
    package let index: Int

    package init(_ index: Int) { self.index = index & 15 }

    /// Reads the number of a netlink message; nil for the verdict's register and for none.
    package init?(netlinkNumber: UInt32) {
        switch netlinkNumber {
        case 1...4: self.init(Int(netlinkNumber - 1) * 4)
        case 8...23: self.init(Int(netlinkNumber) - 8)
        default: return nil
        }
    }

    /// The number in netlink messages (`enum nft_registers`).
    package var netlinkNumber: UInt32 { UInt32(index.isMultiple(of: 4) ? index / 4 + 1 : index + 8) }

    /// The register that follows a value of so many bytes in this one.
    package func after(bytes: Int) -> Register { Register(index + (bytes + 3) / 4) }
}
