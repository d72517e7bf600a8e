import Attachments
import NFTables
import NetworkTypes

/// The elements of all networks' masquerading: pairs of a source and a destination range, none overlapping another.
///
/// Where networks share sources, a destination is left alone that one of them leaves alone.
enum MasqueradeElements {
    static func of(_ masquerades: some Sequence<Masquerade>) -> [TableElement] {
        let all = merged(masquerades)
        return IPFamily.allCases.flatMap { family in
            let networks = all.map { Network($0, family) }.filter { !$0.sources.isEmpty }
            return pieces(of: networks, family).flatMap { elements(from: $0, family) }
        }
    }

    /// One for each network: its pods may have been told of different parts of it.
    private static func merged(_ masquerades: some Sequence<Masquerade>) -> [Masquerade] {
        var networks: [String: Masquerade] = [:]
        for masquerade in masquerades {
            let known = networks[masquerade.network]
            networks[masquerade.network] = Masquerade(
                network: masquerade.network, subnets: (known?.subnets ?? []) + masquerade.subnets,
                excluded: (known?.excluded ?? []) + masquerade.excluded)
        }
        return Array(networks.values)
    }

    /// What a network says in one family.
    private struct Network {
        let name: String
        let sources: [AddressRange]
        let exempt: [AddressRange]

        init(_ masquerade: Masquerade, _ family: IPFamily) {
            let multicast: (IPAddress, Int) =
                family == .ipv4
                ? (.v4(IPv4Address(value: 0xe000_0000)), 4) : (.v6(IPv6Address(value: UInt128(0xff) << 120)), 8)
            func ranges(_ cidrs: [CIDR]) -> [AddressRange] {
                cidrs.filter { $0.family == family }.map(AddressRange.init)
            }
            name = masquerade.network
            sources = AddressRange.merged(ranges(masquerade.subnets))
            let always = CIDR(multicast.0, prefixLength: multicast.1).map { [$0] } ?? []
            exempt = ranges(masquerade.subnets + masquerade.excluded + always)
        }
    }

    /// Sources that the same networks cover.
    private struct Piece {
        var sources: AddressRange
        let exempt: [AddressRange]
        let names: [String]
    }

    /// The sources cut wherever a network begins or ends, then joined again where the same follows from them.
    private static func pieces(of networks: [Network], _ family: IPFamily) -> [Piece] {
        let end = AddressRange.everything(family).last
        let ranges = networks.flatMap(\.sources)
        let starts = Set(ranges.map(\.first) + ranges.filter { $0.last < end }.map { $0.last + 1 }).sorted()
        var pieces: [Piece] = []
        for (index, start) in starts.enumerated() {
            let last = index + 1 < starts.count ? starts[index + 1] - 1 : end
            let covering = networks.filter { $0.sources.contains { $0.contains(start) } }
            if covering.isEmpty { continue }
            let piece = Piece(
                sources: AddressRange(start, last), exempt: AddressRange.merged(covering.flatMap(\.exempt)),
                names: Set(covering.map(\.name)).sorted())
            if let before = pieces.last, before.sources.last + 1 == start, before.exempt == piece.exempt,
                before.names == piece.names
            {
                pieces[pieces.count - 1].sources = AddressRange(before.sources.first, last)
            } else {
                pieces.append(piece)
            }
        }
        return pieces
    }

    private static func elements(from piece: Piece, _ family: IPFamily) -> [TableElement] {
        let comment = ElementComment.fitting(piece.names.joined(separator: ", "))
        func words(_ source: UInt128, _ destination: UInt128) -> [UInt32] {
            .address(IPAddress(family: family, value: source)) + .address(IPAddress(family: family, value: destination))
        }
        return AddressRange.outside(piece.exempt, family).map { destinations in
            TableElement(
                TableFamily(family), TableLayout.masqueraded, words(piece.sources.first, destinations.first),
                through: words(piece.sources.last, destinations.last), comment)
        }
    }
}
