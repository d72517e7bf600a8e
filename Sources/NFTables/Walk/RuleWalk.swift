package import NetworkTypes

/// Walks packets through a table's rules as the kernel's nf_tables machine does.
///
/// Where a rule draws a random number the walk forks, so it finds everything that can become of a packet.
package struct RuleWalk<Failure: Error> {
    /// What becomes of a packet in a base chain.
    package enum End: Sendable, Hashable {
        /// No rule decided; the chain's policy holds.
        case passed
        case accepted
        case dropped
        case rejected(Expression.Rejection)
        /// A rule translated an address; the packet says which and how.
        case translated
        /// A rule says something that Fairway never says.
        case unknown(String)
    }

    /// One thing that can become of a packet.
    package struct Leaf: Sendable, Hashable {
        package let packet: WalkedPacket
        package let end: End
        /// The chain in which it was decided.
        package let chain: String
    }

    private let table: TableSnapshot
    private let isOwn: (IPAddress) -> Bool
    private let find: (String, [UInt32]) throws(Failure) -> ElementContent?

    /// - Parameters:
    ///   - table: its chains and declarations; elements are asked for.
    ///   - isOwn: whether an address is one of the node's.
    ///   - find: an element of a set; of ranges the one that the key lies in.
    package init(
        _ table: TableSnapshot, isOwn: @escaping (IPAddress) -> Bool,
        find: @escaping (String, [UInt32]) throws(Failure) -> ElementContent?
    ) {
        self.table = table
        self.isOwn = isOwn
        self.find = find
    }

    /// Everything that can become of a packet in a base chain, none twice.
    package func walk(_ chain: String, _ packet: WalkedPacket) throws(Failure) -> [Leaf] {
        var leaves: [Leaf] = []
        var seen: Set<Leaf> = []
        try walk(chain, from: 0, packet, callers: []) { leaf in
            if seen.insert(leaf).inserted { leaves.append(leaf) }
        }
        return leaves
    }

    private typealias Place = (chain: String, rule: Int)

    private func walk(
        _ name: String, from first: Int, _ packet: WalkedPacket, callers: [Place], _ found: (Leaf) -> Void
    ) throws(Failure) {
        guard let chain = table.chains[name] else {
            return found(Leaf(packet: packet, end: .unknown("chain \(name) is missing"), chain: name))
        }
        var packet = packet
        for index in chain.rules.indices.dropFirst(first) {
            let outcomes = try execute(chain.rules[index], packet)
            if outcomes.count == 1, case .next(let after) = outcomes[0] {
                packet = after
                continue
            }
            for outcome in outcomes {
                switch outcome {
                case .next(let after): try walk(name, from: index + 1, after, callers: callers, found)
                case .end(let after, let end): found(Leaf(packet: after, end: end, chain: name))
                case .verdict(let after, let verdict):
                    switch verdict {
                    case .accept: found(Leaf(packet: after, end: .accepted, chain: name))
                    case .drop: found(Leaf(packet: after, end: .dropped, chain: name))
                    case .goto(let next): try walk(next, from: 0, after, callers: callers, found)
                    case .jump(let next):
                        try walk(next, from: 0, after, callers: callers + [(name, index + 1)], found)
                    case .return: try goBack(after, from: name, callers, found)
                    case .other: found(Leaf(packet: after, end: .unknown("\(verdict)"), chain: name))
                    }
                }
            }
            return
        }
        try goBack(packet, from: name, callers, found)
    }

    private func goBack(
        _ packet: WalkedPacket, from name: String, _ callers: [Place], _ found: (Leaf) -> Void
    ) throws(Failure) {
        guard let caller = callers.last else { return found(Leaf(packet: packet, end: .passed, chain: name)) }
        try walk(caller.chain, from: caller.rule, packet, callers: callers.dropLast(), found)
    }

    // MARK: one rule

    private enum Outcome: Hashable {
        /// The next rule is looked at.
        case next(WalkedPacket)
        case verdict(WalkedPacket, Verdict)
        case end(WalkedPacket, End)
    }

    private func execute(_ rule: Rule, _ packet: WalkedPacket) throws(Failure) -> [Outcome] {
        var machine = Machine(packet)
        var outcomes: [Outcome] = []
        var seen: Set<Outcome> = []
        try execute(rule.expressions[...], &machine) { outcome in
            if seen.insert(outcome).inserted { outcomes.append(outcome) }
        }
        return outcomes
    }

    private struct Machine {
        var packet: WalkedPacket
        var registers = [UInt32](repeating: 0, count: 16)

        init(_ packet: WalkedPacket) { self.packet = packet }

        func words(_ register: Register, _ count: Int) -> [UInt32] {
            (0..<count).map { register.index + $0 < registers.count ? registers[register.index + $0] : 0 }
        }

        mutating func set(_ register: Register, _ words: [UInt32]) {
            for (offset, word) in words.enumerated() where register.index + offset < registers.count {
                registers[register.index + offset] = word
            }
        }

        func bytes(_ register: Register, _ count: Int) -> [UInt8] {
            Array(words(register, (count + 3) / 4)[...].bytes.prefix(count))
        }

        mutating func set(_ register: Register, bytes: [UInt8]) { set(register, .bytes(bytes)) }
    }

    private func execute(
        _ expressions: ArraySlice<Expression>, _ machine: inout Machine, _ found: (Outcome) -> Void
    ) throws(Failure) {
        for (index, expression) in zip(expressions.indices, expressions) {
            switch expression {
            case .random(let modulus, let offset, let register):
                for number in 0..<modulus {
                    var fork = machine
                    fork.set(register, [offset + number])
                    try execute(expressions[(index + 1)...], &fork, found)
                }
                return
            case .lookup(let set, let key, let result):
                switch try look(set, key, result, &machine) {
                case .found: continue
                case .verdict(let verdict): return found(.verdict(machine.packet, verdict))
                case .missed: return found(.next(machine.packet))
                }
            case .verdict(let verdict): return found(.verdict(machine.packet, verdict))
            case .dnat(let family, let address, let port):
                let value = machine.words(address, family.addressBytes / 4)[...].addressValue
                machine.packet.destination = IPAddress(family: family, value: value)
                machine.packet.destinationPort = machine.words(port, 1)[0].portValue
                machine.packet.isTranslated = true
                return found(.end(machine.packet, .translated))
            case .masquerade:
                machine.packet.isMasqueraded = true
                return found(.end(machine.packet, .translated))
            case .reject(let rejection): return found(.end(machine.packet, .rejected(rejection)))
            case .foreign(let text): return found(.end(machine.packet, .unknown(text)))
            default:
                guard step(expression, &machine) else { return found(.next(machine.packet)) }
            }
        }
        found(.next(machine.packet))
    }

    private enum Look {
        /// The rule goes on.
        case found
        case verdict(Verdict)
        /// The rule ends.
        case missed
    }

    private func look(
        _ set: String, _ register: Register, _ result: Expression.LookupResult, _ machine: inout Machine
    ) throws(Failure) -> Look {
        let key = key(of: set, in: register, machine)
        let content: ElementContent?
        if let data = machine.packet.memory[key] {
            content = data.map { ElementContent(data: $0) }
        } else {
            content = try find(set, key.key)
        }
        if let comment = content?.comment { machine.packet.owner = comment }
        switch result {
        case .membership: return content == nil ? .missed : .found
        case .absence: return content == nil ? .found : .missed
        case .data(let register):
            guard let content else { return .missed }
            machine.set(register, content.data)
            return .found
        case .verdict: return content?.verdict.map { .verdict($0) } ?? .missed
        }
    }

    private func key(of set: String, in register: Register, _ machine: Machine) -> WalkedPacket.Memory {
        .init(set: set, key: machine.words(register, table.sets[set]?.declaration.keyWords ?? 1))
    }

    /// Does what needs neither an element nor a choice.
    ///
    /// - Returns: false where the rule ends.
    private func step(_ expression: Expression, _ machine: inout Machine) -> Bool {
        switch expression {
        case .payload(let base, let offset, let length, let register):
            guard let bytes = machine.packet.payload(base, Int(offset), Int(length)) else { return false }
            machine.set(register, bytes: bytes)
        case .loadMeta(let key, let register):
            switch key {
            case .priority: machine.set(register, [machine.packet.priority])
            case .mark: machine.set(register, [machine.packet.mark])
            case .inputInterfaceName: machine.set(register, .interface(machine.packet.inputInterface))
            case .outputInterfaceName: machine.set(register, .interface(machine.packet.outputInterface))
            case .transportProtocol: machine.set(register, [UInt32(machine.packet.proto)])
            }
        case .setMeta(.priority, let register): machine.packet.priority = machine.words(register, 1)[0]
        case .setMeta(.mark, let register): machine.packet.mark = machine.words(register, 1)[0]
        case .setMeta: return false
        case .compare(let register, let comparison, let bytes):
            return (machine.bytes(register, bytes.count) == bytes) == (comparison == .equal)
        case .bitwise(let register, let mask, let xor):
            let bytes = machine.bytes(register, mask.count)
            machine.set(register, bytes: zip(zip(bytes, mask), xor).map { $0.0 & $0.1 ^ $1 })
        case .toNetworkOrder(let register, let length, let size):
            var bytes = machine.bytes(register, Int(length))
            for start in stride(from: 0, to: bytes.count - Int(size) + 1, by: max(1, Int(size))) {
                bytes[start..<start + Int(size)].reverse()
            }
            machine.set(register, bytes: bytes)
        case .immediate(let bytes, let register): machine.set(register, bytes: bytes)
        case .remember(let set, let register, let data, _):
            let value = data.map { machine.words($0, table.sets[set]?.declaration.dataWords ?? 1) } ?? []
            machine.packet.memory.updateValue(value, forKey: key(of: set, in: register, machine))
        case .forget(let set, let register, _):
            machine.packet.memory.updateValue(nil, forKey: key(of: set, in: register, machine))
        case .loadConntrackStatus(let register): machine.set(register, [machine.packet.isTranslated ? 1 << 5 : 0])
        case .loadConntrackState(let register): machine.set(register, [1 << 3])
        case .loadAddressType(let address, let register):
            let value = address == .source ? machine.packet.source : machine.packet.destination
            machine.set(register, [isOwn(value) ? 2 : 1])
        case .counter: break
        default: return false
        }
        return true
    }
}
