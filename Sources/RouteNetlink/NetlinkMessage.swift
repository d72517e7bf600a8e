import CNL

/// A netlink message under construction: the owner of a libnl `nl_msg`.
@safe struct NetlinkMessage: ~Copyable {
    private let raw: OpaquePointer
    /// Set when something did not fit: the message must not be sent.
    private(set) var isOverfull = false

    /// Starts a message; nil when there is no memory.
    ///
    /// - Parameter capacity: how many bytes it may have.
    init?(type: Int, flags: Int32, sequence: UInt32, capacity: Int = 4096) {
        guard let raw = unsafe nlmsg_alloc_size(capacity) else { return nil }
        guard unsafe nlmsg_put(raw, 0, sequence, Int32(type), 0, flags | NLM_F_REQUEST) != nil else {
            unsafe nlmsg_free(raw)
            return nil
        }
        unsafe self.raw = unsafe raw
    }

    deinit { unsafe nlmsg_free(raw) }

    /// Appends a family header such as `ifinfomsg`, which must be a plain C structure.
    mutating func append<Header: BitwiseCopyable>(_ header: Header) {
        var header = header
        let result = unsafe withUnsafeMutableBytes(of: &header) {
            unsafe nlmsg_append(raw, $0.baseAddress, $0.count, Int32(NLMSG_ALIGNTO))
        }
        isOverfull = isOverfull || result < 0
    }

    mutating func put(_ attribute: Int, _ bytes: [UInt8]) {
        let result = unsafe bytes.withUnsafeBytes {
            unsafe nla_put(raw, Int32(attribute), Int32($0.count), $0.baseAddress)
        }
        isOverfull = isOverfull || result < 0
    }

    mutating func put(_ attribute: Int, _ value: UInt8) { put(attribute, structure: value) }

    mutating func put(_ attribute: Int, _ value: UInt16) { put(attribute, structure: value) }

    mutating func put(_ attribute: Int, _ value: UInt32) { put(attribute, structure: value) }

    mutating func put(_ attribute: Int, _ value: UInt64) { put(attribute, structure: value) }

    /// Appends an attribute that is a plain C structure, or an integer in the machine's order.
    mutating func put(_ attribute: Int, structure: some BitwiseCopyable) {
        let result = unsafe withUnsafeBytes(of: structure) {
            unsafe nla_put(raw, Int32(attribute), Int32($0.count), $0.baseAddress)
        }
        isOverfull = isOverfull || result < 0
    }

    mutating func put(_ attribute: Int, _ text: String) {
        isOverfull = unsafe nla_put_string(raw, Int32(attribute), text) < 0 || isOverfull
    }

    /// Appends an attribute that holds what the body appends.
    mutating func nest(_ attribute: Int, _ body: (inout NetlinkMessage) -> Void) {
        guard let start = unsafe nla_nest_start(raw, Int32(attribute)) else {
            isOverfull = true
            return
        }
        body(&self)
        unsafe nla_nest_end(raw, start)
    }

    /// The whole message, header and padding included.
    var bytes: [UInt8] {
        guard let header = unsafe nlmsg_hdr(raw) else { return [] }
        let length = unsafe Int(header.pointee.nlmsg_len)
        return unsafe Array(UnsafeRawBufferPointer(start: header, count: length))
            + Array(repeating: 0, count: (4 - length % 4) % 4)
    }
}
