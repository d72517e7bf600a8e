import NFTables
import NetworkTypes

/// The map of each Service's port with affinity.
extension TableLayout {
    private static let clientsPrefix = "clients-"

    static func clients(_ number: StickyNumber) -> String { "\(clientsPrefix)\(number.rawValue)" }

    /// The set holds clients of some port.
    static func isOfClients(_ set: String) -> Bool { set.hasPrefix(clientsPrefix) }

    /// client -> id, for so long after the client's last new connection.
    func clients(_ number: StickyNumber, seconds: UInt32) -> SetDeclaration {
        SetDeclaration(
            dynamic: Self.clients(number), type: [family == .ipv4 ? .ipv4Address : .ipv6Address], data: [.classID],
            milliseconds: UInt64(seconds) * 1000)
    }

    /// The ports that have their map as it should be, each with its time in seconds.
    func stickyNumbers(in snapshot: TableSnapshot) -> [StickyNumber: UInt32] {
        var numbers: [StickyNumber: UInt32] = [:]
        for (name, set) in snapshot.sets where name.hasPrefix(Self.clientsPrefix) {
            let seconds = UInt32(clamping: set.declaration.timeout / 1000)
            guard let value = UInt32(name.dropFirst(Self.clientsPrefix.count)),
                let number = StickyNumber(rawValue: value), Self.clients(number) == name,
                set.declaration == clients(number, seconds: seconds), !set.hasCatchall
            else { continue }
            numbers[number] = seconds
        }
        return numbers
    }

    /// A port's map.
    func map(of number: StickyNumber, seconds: UInt32) -> TableParts<StickyNumber>.Part {
        .init(
            creation: [.addSet(table, clients(number, seconds: seconds))],
            removal: [.deleteSet(table, set: Self.clients(number))])
    }
}
