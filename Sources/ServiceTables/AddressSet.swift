import NetworkTypes

/// A set of addresses as it should be, beside what of it the kernel does not have yet.
struct AddressSet {
    private var states: [IPAddress: (desired: Bool, kernel: Bool)] = [:]
    private var changed: [IPAddress] = []
    /// Found in the kernel, and no readable object claims them (yet).
    private(set) var held: Set<IPAddress> = []

    var isSettled: Bool { changed.isEmpty }

    var desired: Set<IPAddress> { Set(states.filter(\.value.desired).keys) }

    mutating func set(_ address: IPAddress, _ isDesired: Bool) {
        states[address, default: (desired: false, kernel: false)].desired = isDesired
        changed.append(address)
        if isDesired { held.remove(address) }
    }

    /// Takes over what the kernel has; all of it is held.
    ///
    /// - Parameter isGoing: the table is made anew, so that all of it has to be made again.
    mutating func adopt(_ addresses: Set<IPAddress>, isGoing: Bool) {
        for address in addresses {
            states[address] = (desired: true, kernel: !isGoing)
            if isGoing { changed.append(address) }
        }
        held = addresses
    }

    mutating func release() {
        for address in held { set(address, false) }
        held = []
    }

    /// The same desired state beside another kernel state.
    func rebased(onto kernel: AddressSet) -> AddressSet {
        var copy = kernel
        copy.release()
        for (address, state) in states where state.desired { copy.set(address, true) }
        copy.held = held
        return copy
    }

    /// Hands over what leads from the kernel's content to the desired one, and takes it as committed.
    mutating func takeChanges(add: (IPAddress) -> Void, delete: (IPAddress) -> Void) {
        for address in changed {
            guard let state = states[address] else { continue }
            if state.desired && !state.kernel { add(address) }
            if !state.desired && state.kernel { delete(address) }
            states[address] = state.desired ? (desired: true, kernel: true) : nil
        }
        changed = []
    }
}
