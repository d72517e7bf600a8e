package import NetworkTypes

/// MAC addresses that follow from an IP address, so that a reused IP never meets a stale neighbour entry.
///
/// All are locally administered unicast addresses; the four first bytes used keep the kinds apart.
package enum DerivedMAC {
    /// For the interface that has the address: `0a:58` and the four bytes of an IPv4 address.
    package static func interface(_ address: IPAddress) -> MACAddress { make(v4: 0x0a, v6: 0x0e, address) }

    /// For the host's end of that interface's pair.
    package static func hostEnd(_ address: IPAddress) -> MACAddress { make(v4: 0x06, v6: 0x02, address) }

    /// The same for an interface without an address, from a name that is its own.
    package static func interface(_ name: String) -> MACAddress { make(0x0e, name) }

    /// For the host's end of a pair without an address.
    package static func hostEnd(_ name: String) -> MACAddress { make(0x02, name) }

    private static func make(_ first: UInt64, _ name: String) -> MACAddress {
        MACAddress(value: first << 40 | FNV1a.hash(name) & 0xff_ffff_ffff)
    }

    private static func make(v4: UInt64, v6: UInt64, _ address: IPAddress) -> MACAddress {
        switch address {
        case .v4(let address):
            return MACAddress(value: v4 << 40 | 0x58 << 32 | UInt64(address.value))
        case .v6(let address):
            // The low 32 bits keep a pool's addresses apart, one byte of hash the subnets.
            let subnet = FNV1a.hash(Array(address.bytes.prefix(12))) & 0xff
            return MACAddress(value: v6 << 40 | subnet << 32 | UInt64(truncatingIfNeeded: address.value & 0xffff_ffff))
        }
    }
}
