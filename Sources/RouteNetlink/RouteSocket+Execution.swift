import LinuxSystem

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
        let operation = requests.first?.description ?? "look up links"
        let first = sequence &+ 1
        let count = requests.count + names.count
        sequence = sequence &+ UInt32(count)
        var bytes: [UInt8] = []
        for (index, request) in requests.enumerated() {
            // The kernel answers in order: the last answer tells that there is none left.
            bytes += try request.encoded(sequence: first &+ UInt32(index), isAcknowledged: index == count - 1)
        }
        for (index, name) in names.enumerated() {
            bytes += try Self.lookup(name, sequence: first &+ UInt32(requests.count + index))
        }
        try send(bytes, for: operation)
        var outcomes: [NetlinkError?] = Array(repeating: nil, count: requests.count)
        var links: [Link?] = Array(repeating: nil, count: names.count)
        while true {
            for message in NetlinkReplies(try receive(for: operation)) {
                let index = Int(message.sequence &- first)
                guard index < count else { continue }
                switch message.content {
                case .acknowledgement(let errno, let text):
                    if index < requests.count {
                        outcomes[index] = errno.map {
                            NetlinkError(requests[index].description, $0, kernelMessage: text)
                        }
                    } else if let errno, errno != .noDevice {
                        throw NetlinkError("look up link \(names[index - requests.count])", errno, kernelMessage: text)
                    }
                case .object(let body):
                    guard index >= requests.count else { continue }
                    links[index - requests.count] = Link(parsing: body)
                case .done: continue
                }
                if index == count - 1 { return (outcomes, links) }
            }
        }
    }
}
