import JSON
import NetworkTypes

/// An object of a record, whose values have the types they were written with.
struct RecordObject {
    private let object: JSONObject

    init(_ value: JSONValue) throws(MalformedRecord) {
        guard case .object(let object) = value else { throw MalformedRecord("it is \(value.kind), no object") }
        self.object = object
    }

    subscript(_ key: String) -> JSONValue? { object[key] }

    func optionalString(_ key: String) throws(MalformedRecord) -> String? {
        switch object[key] {
        case nil: return nil
        case .string(let text): return text
        case let value?: throw MalformedRecord("\(key) is \(value.kind)")
        }
    }

    func string(_ key: String) throws(MalformedRecord) -> String {
        guard let text = try optionalString(key) else { throw MalformedRecord("\(key) is missing") }
        return text
    }

    /// Not negative.
    func integer(_ key: String) throws(MalformedRecord) -> Int {
        guard case .number(let digits) = object[key], let number = Int(digits), number >= 0 else {
            throw MalformedRecord("\(key) is no number from 0")
        }
        return number
    }

    /// False when it is absent.
    func flag(_ key: String) throws(MalformedRecord) -> Bool {
        switch object[key] {
        case nil: return false
        case .bool(let flag): return flag
        case let value?: throw MalformedRecord("\(key) is \(value.kind)")
        }
    }

    /// Empty when it is absent.
    func array(_ key: String) throws(MalformedRecord) -> [JSONValue] {
        switch object[key] {
        case nil: return []
        case .array(let elements): return elements
        case let value?: throw MalformedRecord("\(key) is \(value.kind)")
        }
    }

    func object(_ key: String) throws(MalformedRecord) -> RecordObject? {
        guard let value = object[key] else { return nil }
        return try RecordObject(value)
    }

    func cidrs(_ key: String) throws(MalformedRecord) -> [CIDR] {
        var cidrs: [CIDR] = []
        for element in try array(key) {
            guard case .string(let text) = element, let cidr = CIDR(text) else { throw MalformedRecord(key) }
            cidrs.append(cidr)
        }
        return cidrs
    }

    /// The numbers of an object that maps names to them; empty when it is absent.
    func counts(_ key: String) throws(MalformedRecord) -> [String: Int] {
        guard let value = object[key] else { return [:] }
        guard case .object(let members) = value else { throw MalformedRecord("\(key) is \(value.kind)") }
        var counts: [String: Int] = [:]
        for member in members.members {
            guard case .number(let digits) = member.value, let number = Int(digits), number > 0 else {
                throw MalformedRecord(key)
            }
            counts[member.key] = number
        }
        return counts
    }
}
