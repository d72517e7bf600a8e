import NetworkTypes

/// A set of one family's addresses as it should be, each with how often it is asked for, beside what the kernel has.
///
/// Kept as numbers, because a node holds hundreds of thousands of endpoints' addresses.
struct AddressSet {
    /// In four bytes.
    private struct State {
        private var bits: Int32

        init(count: Int32 = 0, isInKernel: Bool = false, isHeld: Bool = false) {
            bits = count << 2 | (isInKernel ? 1 : 0) | (isHeld ? 2 : 0)
        }

        var count: Int32 {
            get { bits >> 2 }
            set { bits = newValue << 2 | bits & 3 }
        }

        var isInKernel: Bool {
            get { bits & 1 != 0 }
            set { bits = bits & ~1 | (newValue ? 1 : 0) }
        }

        /// Found in the kernel, and no readable object has asked for it (yet).
        var isHeld: Bool {
            get { bits & 2 != 0 }
            set { bits = bits & ~2 | (newValue ? 2 : 0) }
        }

        var isWanted: Bool { count > 0 || isHeld }

        /// - Returns: whether the kernel lacks it.
        mutating func add() -> Bool {
            count += 1
            isHeld = false
            return !isInKernel
        }
    }

    private var states: AddressStates<State>
    private var changed: [UInt128] = []

    init(_ family: IPFamily) { states = AddressStates(family) }

    var isSettled: Bool { changed.isEmpty }

    var desired: Set<UInt128> { Set(states.all(where: \.isWanted).map(\.address)) }

    mutating func add(_ address: UInt128) {
        let isMissing = states.update(address) { state in
            var new = state ?? State()
            defer { state = new }
            return new.add()
        }
        if isMissing { changed.append(address) }
    }

    mutating func remove(_ address: UInt128) {
        let isWanted = states.update(address) { state in
            state?.count -= 1
            return state?.isWanted ?? true
        }
        if !isWanted { changed.append(address) }
    }

    /// Takes over what the kernel has; all of it is held.
    ///
    /// - Parameter isGoing: the table is made anew, so that all of it has to be made again.
    mutating func adopt(_ addresses: some Sequence<UInt128>, isGoing: Bool) {
        for address in addresses {
            states.update(address) { $0 = State(isInKernel: !isGoing, isHeld: true) }
            if isGoing { changed.append(address) }
        }
    }

    /// Lets go of what was found and nobody has asked for.
    mutating func release() {
        for (address, _) in states.all(where: \.isHeld) {
            states.update(address) { $0?.isHeld = false }
            changed.append(address)
        }
    }

    /// The same desired state beside another kernel state.
    func rebased(onto kernel: AddressSet) -> AddressSet {
        var copy = kernel
        copy.release()
        for (address, state) in states.all(where: \.isWanted) {
            copy.states.update(address) { other in
                other = State(count: state.count, isInKernel: other?.isInKernel ?? false, isHeld: state.isHeld)
            }
            copy.changed.append(address)
        }
        return copy
    }

    /// Hands over what leads from the kernel's content to the desired one, and takes it as committed.
    mutating func takeChanges(add: (UInt128) -> Void, delete: (UInt128) -> Void) {
        for address in changed {
            let (isWanted, isInKernel) = states.update(address) { state in
                guard let old = state else { return (false, false) }
                state?.isInKernel = true
                if !old.isWanted { state = nil }
                return (old.isWanted, old.isInKernel)
            }
            if isWanted && !isInKernel { add(address) }
            if !isWanted && isInKernel { delete(address) }
        }
        changed = []
    }
}
