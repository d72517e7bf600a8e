import NetworkTypes

/// Endpoints' addresses of one family, each with the number of objects that name it, beside what the kernel has.
///
/// Kept as numbers, because a node holds hundreds of thousands. What was found in the kernel stays while it is held.
struct EndpointAddresses {
    private struct State {
        var count: Int32 = 0
        var isInKernel = false
    }

    private var states: [UInt128: State] = [:]
    private var changed: [UInt128] = []
    private var isHolding = true

    var isSettled: Bool { changed.isEmpty }

    var desired: Set<UInt128> { Set(states.filter { $0.value.count > 0 || (isHolding && $0.value.isInKernel) }.keys) }

    mutating func add(_ address: UInt128) {
        states[address, default: State()].count += 1
        if states[address]?.isInKernel == false { changed.append(address) }
    }

    mutating func remove(_ address: UInt128) {
        states[address]?.count -= 1
        if states[address]?.count == 0 { changed.append(address) }
    }

    /// Takes over what the kernel has.
    ///
    /// - Parameter isGoing: the table is made anew; what endpoints still have is told again.
    mutating func adopt(_ addresses: [UInt128], isGoing: Bool) {
        if isGoing { return }
        for address in addresses { states[address] = State(count: 0, isInKernel: true) }
    }

    /// Lets go of what was found and nobody has named.
    mutating func release() {
        guard isHolding else { return }
        isHolding = false
        for (address, state) in states where state.count == 0 { changed.append(address) }
    }

    /// The same desired state beside another kernel state.
    func rebased(onto kernel: EndpointAddresses) -> EndpointAddresses {
        var copy = kernel
        copy.isHolding = isHolding
        for (address, state) in states where state.count > 0 {
            copy.states[address, default: State()].count = state.count
            if copy.states[address]?.isInKernel == false { copy.changed.append(address) }
        }
        if !isHolding { copy.changed += copy.states.filter { $0.value.count == 0 }.keys }
        return copy
    }

    /// Hands over what leads from the kernel's content to the desired one, and takes it as committed.
    mutating func takeChanges(add: (UInt128) -> Void, delete: (UInt128) -> Void) {
        for address in changed {
            guard let state = states[address] else { continue }
            let isWanted = state.count > 0 || (isHolding && state.isInKernel)
            if isWanted && !state.isInKernel { add(address) }
            if !isWanted && state.isInKernel { delete(address) }
            if isWanted { states[address]?.isInKernel = true } else { states[address] = nil }
        }
        changed = []
    }
}
