import NetworkTypes

/// A set of one family's addresses as it should be, each with how often it is asked for, beside what the kernel has.
///
/// Kept as numbers, because a node holds hundreds of thousands of endpoints' addresses.
struct AddressSet {
    private struct State {
        var count: Int32 = 0
        var isInKernel = false
        /// Found in the kernel, and no readable object has asked for it (yet).
        var isHeld = false

        var isWanted: Bool { count > 0 || isHeld }

        /// - Returns: whether the kernel lacks it.
        mutating func add() -> Bool {
            count += 1
            isHeld = false
            return !isInKernel
        }
    }

    private var states: [UInt128: State] = [:]
    private var changed: [UInt128] = []

    var isSettled: Bool { changed.isEmpty }

    var desired: Set<UInt128> { Set(states.filter(\.value.isWanted).keys) }

    mutating func add(_ address: UInt128) {
        if states[address, default: State()].add() { changed.append(address) }
    }

    mutating func remove(_ address: UInt128) {
        states[address]?.count -= 1
        if states[address]?.isWanted == false { changed.append(address) }
    }

    /// Takes over what the kernel has; all of it is held.
    ///
    /// - Parameter isGoing: the table is made anew, so that all of it has to be made again.
    mutating func adopt(_ addresses: some Sequence<UInt128>, isGoing: Bool) {
        for address in addresses {
            states[address] = State(isInKernel: !isGoing, isHeld: true)
            if isGoing { changed.append(address) }
        }
    }

    /// Lets go of what was found and nobody has asked for.
    mutating func release() {
        for (address, state) in states where state.isHeld {
            states[address]?.isHeld = false
            changed.append(address)
        }
    }

    /// The same desired state beside another kernel state.
    func rebased(onto kernel: AddressSet) -> AddressSet {
        var copy = kernel
        copy.release()
        for (address, state) in states where state.isWanted {
            copy.states[address, default: State()].count = state.count
            copy.states[address]?.isHeld = state.isHeld
            copy.changed.append(address)
        }
        return copy
    }

    /// Hands over what leads from the kernel's content to the desired one, and takes it as committed.
    mutating func takeChanges(add: (UInt128) -> Void, delete: (UInt128) -> Void) {
        for address in changed {
            guard let index = states.index(forKey: address) else { continue }
            let state = states.values[index]
            if state.isWanted && !state.isInKernel { add(address) }
            if !state.isWanted && state.isInKernel { delete(address) }
            if state.isWanted { states.values[index].isInKernel = true } else { states.remove(at: index) }
        }
        changed = []
    }
}
