package import LinuxSystem

extension RouteSocket {
    /// The number of requests sent at once: their refusals must fit the socket's receive buffer.
    private static let batchLimit = 64

    /// Sends requests in one system call per 64 of them; the kernel acts on each in order, also after a failure.
    ///
    /// - Returns: one element for each request, in their order: nil, or why the kernel refused it.
    /// - Throws: when the conversation itself failed, so that what happened is unknown.
    package mutating func execute(_ requests: [RouteRequest]) throws(NetlinkError) -> [NetlinkError?] {
        var outcomes: [NetlinkError?] = []
        outcomes.reserveCapacity(requests.count)
        var rest = requests[...]
        while !rest.isEmpty {
            outcomes += try exchange(Array(rest.prefix(Self.batchLimit)), names: []).outcomes
            rest = rest.dropFirst(Self.batchLimit)
        }
        return outcomes
    }

    /// Sends one request.
    package mutating func execute(_ request: RouteRequest) throws(NetlinkError) {
        if let failure = try exchange([request], names: []).outcomes.first ?? nil { throw failure }
    }

    /// Sends at most 64 requests and, in the same system call, asks what links are afterwards.
    ///
    /// - Returns: the outcomes as `execute` has them, and the links in the order of the names; nil for one that is not.
    package mutating func execute(_ requests: [RouteRequest], thenLookUp names: [String]) throws(NetlinkError)
        -> (outcomes: [NetlinkError?], links: [Link?])
    {
        try exchange(requests, names: names)
    }

    /// One system call to send, and as many to receive as the kernel has answers.
    private mutating func exchange(_ requests: [RouteRequest], names: [String]) throws(NetlinkError)
        -> (outcomes: [NetlinkError?], links: [Link?])
    {
        let first = sequence &+ 1
        let count = requests.count + names.count
        var bytes: [UInt8] = []
        for (index, request) in requests.enumerated() {
            sequence = sequence &+ 1
            // The kernel answers in order: the last answer tells that there is none left.
            bytes += try request.encoded(sequence: sequence, isAcknowledged: index == count - 1)
        }
        for name in names { bytes += try lookup(.name(name)) }
        var outcomes: [NetlinkError?] = Array(repeating: nil, count: requests.count)
        var links: [Link?] = Array(repeating: nil, count: names.count)
        var failure: NetlinkError?
        unsafe try socket.exchange(bytes.span.bytes, requests.first?.description ?? "look up links") { reply in
            let index = Int(reply.sequence &- first)
            guard index < count else { return false }
            switch reply.content {
            case .end(let errno?, let text) where index < requests.count:
                outcomes[index] = NetlinkError(requests[index].description, errno, kernelMessage: text)
            case .end(let errno?, let text) where errno != .noDevice:
                failure = NetlinkError("look up link \(names[index - requests.count])", errno, kernelMessage: text)
            case .object(let body) where index >= requests.count:
                links[index - requests.count] = Link(parsing: body)
            // A change that the kernel echoes.
            case .object: return false
            case .end: break
            }
            return index == count - 1
        }
        if let failure { throw failure }
        return (outcomes, links)
    }
}
