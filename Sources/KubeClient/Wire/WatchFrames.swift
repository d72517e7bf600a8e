/// Cuts what comes of a watch into frames, wherever the chunks end.
///
/// Protobuf has four bytes of length before each, most significant first; JSON is one object after another.
package struct WatchFrames: Sendable {
    /// In bytes.
    ///
    /// An object of etcd has 1.5 MiB at most, and several times that in JSON.
    package static let limit = 16 << 20

    private let encoding: APIEncoding
    private var bytes: [UInt8] = []
    /// Where the first frame that has not been handed over begins.
    private var start = 0
    private var json = JSONExtent()

    package init(_ encoding: APIEncoding) { self.encoding = encoding }

    /// There is the beginning of a frame that has not come whole.
    package var hasRest: Bool { start < bytes.count }

    package mutating func append(_ chunk: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: chunk)
    }

    /// Hands over the next frame; nil where it has not come whole.
    ///
    /// - Throws: for a frame that is larger than any may be, and for what begins no object.
    package mutating func next() throws(APIDecodingError) -> [UInt8]? {
        switch encoding {
        case .protobuf:
            guard bytes.count - start >= 4 else { return nil }
            let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= Self.limit else { throw APIDecodingError("a watch event of \(length) bytes") }
            guard bytes.count - start - 4 >= length else { return nil }
            defer { start += 4 + length }
            return Array(bytes[start + 4..<start + 4 + length])
        case .json:
            guard let end = try json.end(in: bytes, from: start) else {
                guard bytes.count - start <= Self.limit else {
                    throw APIDecodingError("a watch event of more than \(Self.limit) bytes")
                }
                return nil
            }
            defer { start = end }
            return Array(bytes[start..<end])
        }
    }
}

/// How far an object of JSON has been looked at: each byte once, however many chunks it comes in.
private struct JSONExtent {
    private var looked = 0
    private var depth = 0
    private var isInText = false
    private var isEscaped = false

    /// Where the object that begins at `start`, spaces apart, ends; nil where it has not come whole.
    mutating func end(in bytes: [UInt8], from start: Int) throws(APIDecodingError) -> Int? {
        while start + looked < bytes.count {
            let byte = bytes[start + looked]
            looked += 1
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 {
                    defer { looked = 0 }
                    return start + looked
                }
            default: break
            }
            guard depth > 0 || byte <= UInt8(ascii: " ") else { throw APIDecodingError("no watch event") }
        }
        return nil
    }
}
