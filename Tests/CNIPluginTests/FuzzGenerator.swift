import AttachPlan
import CNIPlugin
import CNIProtocol
import JSON

/// Damaged inputs, the same ones for the same seed and number on every machine.
struct FuzzGenerator: RandomNumberGenerator {
    /// One execution of the plugin.
    struct Case: Sendable {
        let number: Int
        let personality: Personality
        /// Values as bytes: an environment need not be UTF-8.
        let variables: [(name: String, value: [UInt8])]
        let input: [UInt8]
    }

    private var state: UInt64

    init(seed: UInt64, number: Int) { state = seed &+ UInt64(truncatingIfNeeded: number) &* 0xd134_2543_de82_ef95 }

    /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Whether something happens that happens once in so many times.
    private mutating func happens(oneIn count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    private mutating func choice<C: Collection>(_ collection: C) -> C.Element {
        collection[
            collection.index(collection.startIndex, offsetBy: Int.random(in: 0..<collection.count, using: &self))]
    }

    /// Makes the case of a number.
    static func make(seed: UInt64, number: Int) -> Case {
        var generator = FuzzGenerator(seed: seed, number: number)
        let personality = Personality.allCases[number % Personality.allCases.count]
        return Case(
            number: number, personality: personality, variables: generator.environment(),
            input: generator.damaged(generator.choice(FuzzSeeds.configurations(personality))))
    }

    /// Damages a JSON text: its values, then perhaps its bytes; one in eight stays whole.
    mutating func damaged(_ text: String) -> [UInt8] {
        if happens(oneIn: 8) { return Array(text.utf8) }
        var bytes = Array(text.utf8)
        if !happens(oneIn: 8), case .object(let object)? = try? JSONValue(parsing: bytes) {
            var members = object.members
            for _ in 0..<Int.random(in: 1...4, using: &self) where !members.isEmpty { members = mutated(members) }
            bytes = Array(JSONValue.object(JSONObject(members: members)).serialized.utf8)
        }
        guard happens(oneIn: 8) else { return bytes }
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let start = Int.random(in: 0..<bytes.count, using: &self)
            let end = min(bytes.count, start + Int.random(in: 0...12, using: &self))
            let piece =
                happens(oneIn: 2) ? Array(choice(FuzzSeeds.values).utf8) : [UInt8.random(in: 0...255, using: &self)]
            bytes.replaceSubrange(start..<end, with: piece)
        }
        return bytes
    }

    private mutating func anyValue() -> JSONValue {
        (try? JSONValue(parsing: Array(choice(FuzzSeeds.values).utf8))) ?? .null
    }

    /// Changes one place of the tree.
    private mutating func mutated(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object) where !object.isEmpty && !happens(oneIn: 12):
            return .object(JSONObject(members: mutated(object.members)))
        case .array(var elements) where !elements.isEmpty && !happens(oneIn: 8):
            let index = Int.random(in: 0..<elements.count, using: &self)
            switch Int.random(in: 0..<8, using: &self) {
            case 0: elements.remove(at: index)
            case 1: elements.append(elements[index])
            case 2: elements.append(anyValue())
            default: elements[index] = mutated(elements[index])
            }
            return .array(elements)
        case .string(let text) where happens(oneIn: 3):
            return .string(happens(oneIn: 2) ? String(text.dropLast()) : text + choice(["0", "/", "x", " ", "\u{0}"]))
        default: return anyValue()
        }
    }

    private mutating func mutated(_ members: [JSONObject.Member]) -> [JSONObject.Member] {
        var members = members
        let index = Int.random(in: 0..<members.count, using: &self)
        let member = members[index]
        switch Int.random(in: 0..<16, using: &self) {
        case 0: members.remove(at: index)
        case 1: members.append(JSONObject.Member(key: member.key.uppercased(), value: mutated(member.value)))
        case 2: members[index] = JSONObject.Member(key: member.key.uppercased(), value: member.value)
        case 3: members[index] = JSONObject.Member(key: choice(FuzzSeeds.keys), value: member.value)
        case 4, 5: members.append(JSONObject.Member(key: choice(FuzzSeeds.keys), value: anyValue()))
        default: members[index] = JSONObject.Member(key: member.key, value: mutated(member.value))
        }
        return members
    }

    /// Makes the CNI_* variables: valid ones mostly, so that executions come far.
    private mutating func environment() -> [(name: String, value: [UInt8])] {
        let oddities = [
            "", " ", ".", "..", "/", "a/b", "a:b", "\u{e9}", String(repeating: "c", count: 300), "0", "-c", "=;=",
        ]
        let choices: [(String, [String])] = [
            ("CNI_COMMAND", CNICommand.allCases.map(\.rawValue) + ["ADD", "ADD", "ADD", "DEL", "CHECK"]),
            ("CNI_CONTAINERID", ["c1", "c2", "c3", "8d6f0c9f3b"]),
            (
                "CNI_NETNS",
                (0..<4).map { "/run/netns/pod\($0)" } + ["", "/nowhere", "/proc/self/ns/net", "/proc/self/ns/mnt"]
            ),
            ("CNI_IFNAME", ["eth0", "eth0", "eth1", "lo", "fifteen-letters"]),
            (
                "CNI_ARGS",
                ["", "IgnoreUnknown=1;K8S_POD_NAME=p", "IP=10.85.0.9", "MAC=0a:00:00:00:00:07", "IP=x;MAC=y;=;"]
            ),
            ("CNI_PATH", ["/mnt/delegates", "/mnt/delegates", "", "/nowhere:/mnt/delegates"]),
            ("CNI_NETNS_OVERRIDE", ["", "", "", "1", "true", "no"]),
        ]
        // Most environments are whole: what is wrong here hides all else.
        let isDamaged = happens(oneIn: 8)
        return choices.compactMap { name, values in
            if isDamaged, happens(oneIn: 8) { return nil }
            var value = Array((isDamaged && happens(oneIn: 4) ? choice(oddities) : choice(values)).utf8)
            if isDamaged, happens(oneIn: 8) { value.append(UInt8.random(in: 1...255, using: &self)) }
            return (name: name, value: value)
        }
    }
}
