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
            outcomes += try exchange(Array(rest.prefix(Self.batchLimit)), name: nil).outcomes
            rest = rest.dropFirst(Self.batchLimit)
        }
        return outcomes
    }

    /// Sends one request.
    package mutating func execute(_ request: RouteRequest) throws(NetlinkError) {
        if let failure = try exchange([request], name: nil).outcomes.first ?? nil { throw failure }
    }

    /// Sends at most 64 requests and, in the same system call, asks what a link is afterwards.
    ///
    /// - Returns: the outcomes as `execute` has them, and the link; nil when there is none of that name.
    package mutating func execute(_ requests: [RouteRequest], thenLookUp name: String) throws(NetlinkError)
        -> (outcomes: [NetlinkError?], link: Link?)
    {
        try exchange(requests, name: name)
    }

    /// One system call to send, and as many to receive as the kernel has answers.
    private mutating func exchange(_ requests: [RouteRequest], name: String?) throws(NetlinkError)
        -> (outcomes: [NetlinkError?], link: Link?)
    {
        let operation = requests.first?.description ?? ""
        let first = sequence &+ 1
        sequence = sequence &+ UInt32(requests.count)
        var bytes: [UInt8] = []
        for (index, request) in requests.enumerated() {
            // The kernel answers in order: the last answer tells that there is none left.
            let isLast = name == nil && index == requests.count - 1
            bytes += try request.encoded(sequence: first &+ UInt32(index), isAcknowledged: isLast)
        }
        if let name {
            sequence = sequence &+ 1
            bytes += try Self.lookup(name, sequence: sequence)
        }
        try send(bytes, for: operation)
        var outcomes: [NetlinkError?] = Array(repeating: nil, count: requests.count)
        while true {
            for message in NetlinkReplies(try receive(for: operation)) {
                let index = Int(message.sequence &- first)
                let isLast = message.sequence == sequence
                switch message.content {
                case .acknowledgement(let errno, let text):
                    if requests.indices.contains(index), let errno {
                        outcomes[index] = NetlinkError(requests[index].description, errno, kernelMessage: text)
                    } else if let name, isLast, let errno, errno != .noDevice {
                        throw NetlinkError("look up link \(name)", errno, kernelMessage: text)
                    }
                    if isLast { return (outcomes, nil) }
                case .object(let body):
                    if isLast { return (outcomes, Link(parsing: body)) }
                case .done: continue
                }
            }
        }
    }
}
