/// A JSON value as it was read: members keep their order, numbers their digits.
///
/// A network configuration is decoded once into this tree, so that keys this program does not know survive.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The number's own text, so that no digit is lost.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

    package var isNull: Bool { self == .null }

    /// What a reader of an error message calls this kind of value.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// The members of a JSON object in their order.
package struct JSONObject: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        package let key: String
        package let value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    package private(set) var members: [Member]

    package init(members: [Member] = []) { self.members = members }

    /// Makes an object from the pairs whose value is not nil.
    package init(_ pairs: KeyValuePairs<String, JSONValue?>) {
        members = pairs.compactMap { key, value in value.map { Member(key: key, value: $0) } }
    }

    package var isEmpty: Bool { members.isEmpty }

    package mutating func append(_ key: String, _ value: JSONValue) {
        members.append(Member(key: key, value: value))
    }

    package mutating func append(_ other: JSONObject) { members += other.members }

    /// Gives the member that counts for this key a value in its place, or appends one.
    package mutating func replace(_ key: String, _ value: JSONValue) {
        if let index = members.lastIndex(where: { equalsIgnoringCase($0.key, key) }) {
            members[index] = Member(key: members[index].key, value: value)
        } else {
            append(key, value)
        }
    }

    /// Removes every member with this key.
    package mutating func remove(_ key: String) { members.removeAll { equalsIgnoringCase($0.key, key) } }

    /// The members whose keys are none of these.
    package func without(_ keys: [String]) -> JSONObject {
        JSONObject(members: members.filter { member in !keys.contains { equalsIgnoringCase($0, member.key) } })
    }

    /// The last member whose key equals this one but for ASCII case.
    ///
    /// Go's decoders match that way, and runtimes rely on it: containerd sends `HostPort` for `hostPort`.
    package subscript(_ key: String) -> JSONValue? { members.last { equalsIgnoringCase($0.key, key) }?.value }

    /// The last member with this very key.
    package subscript(exactly key: String) -> JSONValue? {
        // Lengths differ nearly always, and are compared at once.
        let length = key.utf8.count
        var index = members.count
        while index > 0 {
            index -= 1
            if members[index].key.utf8.count == length, members[index].key == key { return members[index].value }
        }
        return nil
    }
}

/// Compares two keys without regard to ASCII case.
func equalsIgnoringCase(_ a: String, _ b: String) -> Bool {
    func folded(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
    return a.utf8.elementsEqual(b.utf8) { folded($0) == folded($1) }
}
