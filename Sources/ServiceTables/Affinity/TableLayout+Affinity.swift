import NFTables
import NetworkTypes

/// The two maps of each Service's port with affinity.
extension TableLayout {
    private static let clientsPrefix = "clients-"
    private static let slotsPrefix = "slots-"

    static func clients(_ number: StickyNumber) -> String { "\(clientsPrefix)\(number.rawValue)" }

    static func slots(_ number: StickyNumber) -> String { "\(slotsPrefix)\(number.rawValue)" }

    /// The set holds clients of some port.
    static func isOfClients(_ set: String) -> Bool { set.hasPrefix(clientsPrefix) }

    /// client -> id, for so long after the client's last new connection.
    func clients(_ number: StickyNumber, seconds: UInt32) -> SetDeclaration {
        SetDeclaration(
            dynamic: Self.clients(number), type: [family == .ipv4 ? .ipv4Address : .ipv6Address], data: [.classID],
            milliseconds: UInt64(seconds) * 1000)
    }

    /// slot -> id.
    func slots(_ number: StickyNumber) -> SetDeclaration {
        SetDeclaration(Self.slots(number), type: [.classID], data: [.classID])
    }

    /// The ports that have both maps as they should be, each with its time in seconds.
    func stickyNumbers(in snapshot: TableSnapshot) -> [StickyNumber: UInt32] {
        var numbers: [StickyNumber: UInt32] = [:]
        for (name, set) in snapshot.sets where name.hasPrefix(Self.clientsPrefix) {
            let seconds = UInt32(clamping: set.declaration.timeout / 1000)
            guard let value = UInt32(name.dropFirst(Self.clientsPrefix.count)),
                let number = StickyNumber(rawValue: value), Self.clients(number) == name,
                set.declaration == clients(number, seconds: seconds), !set.hasCatchall,
                let slots = snapshot.sets[Self.slots(number)], slots.declaration == self.slots(number),
                !slots.hasCatchall
            else { continue }
            numbers[number] = seconds
        }
        return numbers
    }

    /// A port's maps.
    func maps(of number: StickyNumber, seconds: UInt32) -> TableParts<StickyNumber>.Part {
        .init(
            creation: [.addSet(table, clients(number, seconds: seconds)), .addSet(table, slots(number))],
            removal: [Self.clients(number), Self.slots(number)].map { .deleteSet(table, set: $0) })
    }

    /// The names of ports' maps.
    static func maps(of numbers: some Sequence<StickyNumber>) -> Set<String> {
        Set(numbers.flatMap { [clients($0), slots($0)] })
    }
}
