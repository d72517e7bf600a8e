import CMNL
package import LinuxSystem
package import NetworkTypes

/// A connection to the connection tracking of one network namespace.
///
/// It is opened in the namespace that it speaks for and used by one thread at a time; calls block. Needs CAP_NET_ADMIN.
///
/// The kernel finds an entry by its client only, so whoever knows just the server has to walk through the table: 11 ms
/// for one of 262,144 buckets, however few entries it has. A namespace without any entry is not walked.
///
/// Its end, as every netfilter socket's, waits for the RCU grace period of what was deleted from nf_tables a moment ago,
/// 10 ms and more: whoever has something to do meanwhile lets it live until after that.
package struct ConntrackSocket: ~Copyable {
    private let socket: NetlinkSocket
    private var sequence: UInt32 = 0

    /// Deletions sent at once: their acknowledgements must fit the socket's receive buffer.
    private static let batchLimit = 64

    /// Up to so many entries it takes less to receive all of them than to walk through the table again.
    private static let unnarrowedLimit = 1000

    package init() throws(SystemError) { socket = try NetlinkSocket(.conntrack) }

    /// Deletes the entries that a filter selects, in one walk through the table.
    ///
    /// - Parameter family: nil for both, which costs one walk more where there are many entries.
    @discardableResult
    package mutating func deleteEntries(
        _ family: IPFamily?, where filter: ConntrackFilter
    ) throws(NetlinkError) -> Int {
        try deleteEntries(family, where: [filter])
    }

    /// Deletes the entries that any of the filters selects, in one walk through the table however many they are.
    ///
    /// Whatever sends new packets the old way has to be changed before: an entry that is made during the walk may stay.
    ///
    /// - Returns: how many were deleted. One that ended by itself meanwhile does not count.
    @discardableResult
    package mutating func deleteEntries(
        _ family: IPFamily?, where filters: [ConntrackFilter]
    ) throws(NetlinkError) -> Int {
        let destinations = filters.reduce(into: Set()) { $0.formUnion($1.destinations) }
        return try deleteEntries(family, to: destinations) { entry in filters.contains { $0.selects(entry) } }
    }

    /// Deletes the entries to some destinations that a condition selects, in one walk through the table.
    ///
    /// - Parameter destinations: what the kernel may choose by; more may come.
    @discardableResult
    package mutating func deleteEntries(
        _ family: IPFamily?, to destinations: Set<ConntrackFilter.Destination>,
        where isSelected: (ConntrackEntry) -> Bool
    ) throws(NetlinkError) -> Int {
        guard !destinations.isEmpty else { return 0 }
        return try deleteEntries(family, narrowing: ConntrackFilter(destinations).narrowing, where: isSelected)
    }

    /// Deletes the entries of a family that a condition selects, in one walk through the table.
    @discardableResult
    package mutating func deleteEntries(
        _ family: IPFamily?, where isSelected: (ConntrackEntry) -> Bool
    ) throws(NetlinkError) -> Int {
        try deleteEntries(family, narrowing: ConntrackFilter.Narrowing(), where: isSelected)
    }

    /// The entries of a family, or of both: all, or those that a filter's destinations let the kernel choose.
    ///
    /// The kernel knows one protocol and one port, and before 5.8 none; more than the filter selects may come.
    package mutating func entries(
        _ family: IPFamily?, narrowedBy filter: ConntrackFilter? = nil
    ) throws(NetlinkError) -> [ConntrackEntry] {
        var entries: [ConntrackEntry] = []
        try walk(family, filter?.narrowing ?? ConntrackFilter.Narrowing()) { entries.append($0.entry) }
        return entries
    }

    /// The number of entries of both families, which the kernel knows without a walk.
    package mutating func count() throws(NetlinkError) -> Int {
        let sequence = nextSequence()
        let request = MessageWriter(number(IPCTNL_MSG_CT_GET_STATS), nil, flags: NLM_F_ACK, sequence: sequence)
        var count = 0
        try exchange(request.bytes, last: sequence, "count connections") { attributes in
            for attribute in attributes where attribute.type == number(CTA_STATS_GLOBAL_ENTRIES) {
                count = Int(attribute.networkUInt32)
            }
        }
        return count
    }

    // MARK: -

    private mutating func deleteEntries(
        _ family: IPFamily?, narrowing: ConntrackFilter.Narrowing, where isSelected: (ConntrackEntry) -> Bool
    ) throws(NetlinkError) -> Int {
        let count = try count()
        guard count > 0 else { return 0 }
        var selected: [KernelEntry] = []
        let body: (KernelEntry) -> Void = { if isSelected($0.entry) { selected.append($0) } }
        if family == nil, narrowing.proto != nil, count > Self.unnarrowedLimit {
            for family in IPFamily.allCases { try walk(family, narrowing, body) }
        } else {
            try walk(family, narrowing, body)
        }
        var deleted = 0
        for start in stride(from: 0, to: selected.count, by: Self.batchLimit) {
            let batch = selected[start..<min(start + Self.batchLimit, selected.count)]
            deleted += try delete(batch)
        }
        return deleted
    }

    /// - Parameter narrowing: counts for nothing without a family: the kernel then refuses it (EOPNOTSUPP).
    private mutating func walk(
        _ family: IPFamily?, _ narrowing: ConntrackFilter.Narrowing, _ body: (KernelEntry) -> Void
    ) throws(NetlinkError) {
        let sequence = nextSequence()
        let request = MessageWriter(number(IPCTNL_MSG_CT_GET), family, flags: NLM_F_DUMP, sequence: sequence)
        if family != nil { request.put(narrowing) }
        try exchange(request.bytes, last: sequence, "list \(family?.rawValue ?? "all") connections") { attributes in
            if let entry = KernelEntry(attributes) { body(entry) }
        }
    }

    private mutating func delete(_ entries: ArraySlice<KernelEntry>) throws(NetlinkError) -> Int {
        var requests: [UInt8] = []
        for entry in entries { requests += entry.deletion(sequence: nextSequence()) }
        var gone = 0
        try exchange(requests, last: sequence, "delete connections", tolerating: .notFound) { _ in
        } refused: {
            gone += 1
        }
        return entries.count - gone
    }

    private mutating func nextSequence() -> UInt32 {
        sequence = sequence &+ 1
        return sequence
    }

    /// Sends requests and hands over what is answered, until the last one has been.
    ///
    /// - Throws: the first error other than `tolerated`, after all answers have been read.
    private func exchange(
        _ requests: [UInt8], last: UInt32, _ what: @autoclosure () -> String, tolerating tolerated: Errno? = nil,
        each: (NetlinkAttributes) -> Void, refused: () -> Void = {}
    ) throws(NetlinkError) {
        var failure: NetlinkError?
        unsafe try socket.exchange(requests.span.bytes, what()) { reply in
            switch reply.content {
            case .object(let body):
                each(NetlinkAttributes(body.dropFirst(MemoryLayout<nfgenmsg>.size)))
                return false
            case .end(let errno, let sentence):
                if let errno {
                    if errno == tolerated {
                        refused()
                    } else {
                        failure = failure ?? NetlinkError(.conntrack, what(), errno, kernelMessage: sentence)
                    }
                }
                return reply.sequence == last
            }
        }
        if let failure { throw failure }
    }
}

extension MessageWriter {
    /// `CTA_FILTER_F_CTA_PROTO_NUM` and `CTA_FILTER_F_CTA_PROTO_DST_PORT` of the kernel's nf_internals.h.
    private static let compareProtocol: UInt32 = 1 << 3
    private static let compareDestinationPort: UInt32 = 1 << 5

    /// Asks for entries of one protocol, or of one protocol and port, only.
    fileprivate func put(_ narrowing: ConntrackFilter.Narrowing) {
        guard let proto = narrowing.proto else { return }
        nest(number(CTA_TUPLE_ORIG)) {
            nest(number(CTA_TUPLE_PROTO)) {
                put(number(CTA_PROTO_NUM), [proto.number])
                if let port = narrowing.port {
                    put(number(CTA_PROTO_DST_PORT), [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)])
                }
            }
        }
        let flags = Self.compareProtocol | (narrowing.port == nil ? 0 : Self.compareDestinationPort)
        nest(number(CTA_FILTER)) {
            put(number(CTA_FILTER_ORIG_FLAGS), flags)
            put(number(CTA_FILTER_REPLY_FLAGS), 0)
        }
    }
}
