import NetworkTypes

/// Reading the kinds of field that Kubernetes objects are made of; an absent field and a null one are the same.
extension KeyedDecodingContainer {
    func error(_ key: Key, _ text: String) -> DecodingError {
        .dataCorruptedError(forKey: key, in: self, debugDescription: text)
    }

    /// A text; empty where there is none.
    func text(_ key: Key) throws -> String { try decodeIfPresent(String.self, forKey: key) ?? "" }

    /// A whole number within bounds; nil where there is none.
    ///
    /// - Parameter what: the kind of number, with its article, for the error.
    func number(_ key: Key, in range: ClosedRange<Int>, what: String) throws -> Int? {
        let number: Int?
        do {
            number = try decodeIfPresent(Int.self, forKey: key)
        } catch let mismatch as DecodingError {
            throw mismatch
        } catch {
            throw self.error(key, "is not \(what) (\(range.lowerBound) to \(range.upperBound))")
        }
        guard let number else { return nil }
        guard range.contains(number) else {
            throw error(key, "\(number) is not \(what) (\(range.lowerBound) to \(range.upperBound))")
        }
        return number
    }

    /// A port number; nil where there is none.
    func port(_ key: Key) throws -> UInt16? {
        try number(key, in: 1...65535, what: "a port").map { UInt16($0) }
    }

    /// A port number that the object's maker writes as 0 where it has none.
    func optionalPort(_ key: Key) throws -> UInt16 {
        try number(key, in: 0...65535, what: "a port").map { UInt16($0) } ?? 0
    }

    /// One of an enumeration's words; nil where there is none, or an empty one.
    func word<Word: RawRepresentable<String> & CaseIterable>(_ key: Key, as type: Word.Type) throws -> Word? {
        let text = try text(key)
        if text.isEmpty { return nil }
        guard let word = Word(rawValue: text) else {
            throw error(key, "\(quoted(text)) is none of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    /// A transport protocol; TCP where there is none.
    func transportProtocol(_ key: Key) throws -> TransportProtocol {
        try word(key, as: TransportProtocol.self) ?? .tcp
    }

    /// The name of a port; empty where there is none.
    func portName(_ key: Key) throws -> String {
        let name = try text(key)
        guard name.isEmpty || isDNSLabel(name) else {
            throw error(key, "\(quoted(name)) is not a port name (a to z, 0 to 9 and -, at most 63 characters)")
        }
        return name
    }

    func strings(_ key: Key) throws -> [String] { try decodeIfPresent([String].self, forKey: key) ?? [] }

    func labels(_ key: Key) throws -> [String: String] {
        try decodeIfPresent([String: String].self, forKey: key) ?? [:]
    }

    /// The fields of a mapping; nil where there is none.
    func mapping<Nested: CodingKey>(_ key: Key, _ keys: Nested.Type) throws -> KeyedDecodingContainer<Nested>? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try nestedContainer(keyedBy: keys, forKey: key)
    }

    /// The entries of a list of mappings, in order; none where there is no list.
    func forEach<Nested: CodingKey>(
        _ key: Key, _ keys: Nested.Type, _ body: (KeyedDecodingContainer<Nested>) throws -> Void
    ) throws {
        guard contains(key), try !decodeNil(forKey: key) else { return }
        var list = try nestedUnkeyedContainer(forKey: key)
        while !list.isAtEnd { try body(list.nestedContainer(keyedBy: keys)) }
    }

    /// The networks of a list; those that do not parse are remarked on and passed over, as kube-proxy does.
    func networks(_ key: Key, remarks: inout [FieldRemark]) throws -> [CIDR] {
        var networks: [CIDR] = []
        for (index, text) in try strings(key).enumerated() {
            if let network = CIDR(trimmed(text)) {
                networks.append(network)
            } else {
                remarks.passOver(
                    FieldPath(codingPath + [key]) + .index(index), "\(quoted(text)) is not a network such as 10.0.0.0/8"
                )
            }
        }
        return networks
    }

    /// The addresses of a list at which a Service can be reached.
    func serviceAddresses(_ key: Key, remarks: inout [FieldRemark]) throws -> [IPAddress] {
        try strings(key).enumerated().compactMap { index, text in
            serviceAddress(text, at: FieldPath(codingPath + [key]) + .index(index), remarks: &remarks)
        }
    }
}

/// An address at which a Service can be reached; nil, with a remark, for what is none.
func serviceAddress(_ text: String, at path: FieldPath, remarks: inout [FieldRemark]) -> IPAddress? {
    guard let address = IPAddress(trimmed(text)) else {
        remarks.passOver(path, "\(quoted(text)) is not an IP address")
        return nil
    }
    if let use = address.specialUse {
        remarks.passOver(path, "\(address) is \(use)")
        return nil
    }
    return address
}

extension [FieldRemark] {
    mutating func passOver(_ path: FieldPath, _ reason: String) {
        append(FieldRemark(path: path, text: "\(reason) and is passed over"))
    }
}

/// The text in quotes, cut short and without line breaks, fit for one line of a log.
func quoted(_ text: String) -> String {
    "\"" + String(text.prefix(64).map { $0.isNewline ? " " : $0 }) + (text.count > 64 ? "…\"" : "\"")
}

func trimmed(_ text: String) -> String {
    guard text.first?.isWhitespace == true || text.last?.isWhitespace == true else { return text }
    var part = text[...].drop(while: \.isWhitespace)
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
}
