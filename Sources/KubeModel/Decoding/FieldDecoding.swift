/// Reading the kinds of field that Kubernetes objects are made of; an absent field and a null one are the same.
///
/// Nothing but a value's type is looked at. A wrong type makes the object unusable, except in fields of which nothing is
/// made (read with `try?`).
extension KeyedDecodingContainer {
    func text(_ key: Key) throws -> String? { try decodeIfPresent(String.self, forKey: key) }

    /// One by one, because a decoder takes each text at once but looks for a list's own way of decoding.
    func texts(_ key: Key) throws -> [String]? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        var list = try nestedUnkeyedContainer(forKey: key)
        var texts: [String] = []
        while !list.isAtEnd { texts.append(try list.decode(String.self)) }
        return texts
    }

    func flag(_ key: Key) throws -> Bool? { try decodeIfPresent(Bool.self, forKey: key) }

    func number(_ key: Key) throws -> Int? {
        do {
            return try decodeIfPresent(Int.self, forKey: key)
        } catch let mismatch as DecodingError {
            throw mismatch
        } catch {
            return .outOfRange
        }
    }

    /// The fields of a mapping; nil where there is none.
    func mapping<Nested: CodingKey>(_ key: Key, _ keys: Nested.Type) throws -> KeyedDecodingContainer<Nested>? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try nestedContainer(keyedBy: keys, forKey: key)
    }

    /// The entries of a list of mappings, in order; nil where there is no list.
    func list<Nested: CodingKey, Element>(
        _ key: Key, _ keys: Nested.Type, _ element: (KeyedDecodingContainer<Nested>) throws -> Element
    ) throws -> [Element]? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        var list = try nestedUnkeyedContainer(forKey: key)
        var elements: [Element] = []
        if let count = list.count { elements.reserveCapacity(count) }
        while !list.isAtEnd { elements.append(try element(list.nestedContainer(keyedBy: keys))) }
        return elements
    }
}
