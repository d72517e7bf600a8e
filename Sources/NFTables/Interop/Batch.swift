import CMNL
import CNFTNL
import Glibc
import NetworkTypes

/// The bytes of one transaction: messages between a batch's begin and end.
///
/// The kernel takes a transaction from one `sendmsg` only, so everything lies in one piece of memory.
@safe struct Batch: ~Copyable {
    /// libmnl bounds an attribute by 64 KiB; messages of elements end well before.
    private static let fullMessage = 48 << 10
    /// Room for a message, and little enough that memory for a few comes without a system call.
    private static let room = 60 << 10

    private(set) var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0
    /// The operation that a message belongs to, by sequence number less `firstSequence`.
    private(set) var operations: [Int] = []
    let firstSequence: UInt32
    private var lastHeader = 0

    init(firstSequence: UInt32) {
        self.firstSequence = firstSequence
        capacity = Self.room + (4 << 10)
        unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    }

    deinit { unsafe memory.deallocate() }

    /// Builds the messages of a transaction; nil when libnftnl has no memory.
    ///
    /// - Parameter generation: with which alone the kernel carries it out; nil for any.
    init?(
        _ transaction: Transaction, firstSequence: UInt32, generation: UInt32? = nil,
        _ templates: inout ElementTemplates
    ) {
        self.init(firstSequence: firstSequence)
        // Nearly always one message an operation, between a begin and an end.
        operations.reserveCapacity(transaction.operations.count + 2)
        begin(generation)
        for (index, operation) in transaction.operations.enumerated() {
            guard append(operation, index, &templates) else { return nil }
        }
        end()
    }

    private mutating func reserve() {
        guard capacity - count < Self.room else { return }
        capacity = max(capacity * 2, count + Self.room)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        unsafe larger.copyMemory(from: memory, byteCount: count)
        unsafe memory.deallocate()
        unsafe memory = larger
    }

    private var nextSequence: UInt32 { firstSequence &+ UInt32(truncatingIfNeeded: operations.count) }

    private mutating func begin(_ generation: UInt32?) {
        let header = unsafe nftnl_batch_begin(memory.assumingMemoryBound(to: CChar.self), nextSequence)
        if let generation { unsafe mnl_attr_put_u32(header, attribute(NFNL_BATCH_GENID), generation.bigEndian) }
        unsafe finish(unsafe header, operation: -1)
    }

    /// Asks for one acknowledgement, of the last operation: the kernel sends it after the commit.
    private mutating func end() {
        if lastHeader > 0 {
            let last = unsafe memory.advanced(by: lastHeader).assumingMemoryBound(to: nlmsghdr.self)
            unsafe last.pointee.nlmsg_flags |= UInt16(NLM_F_ACK)
        }
        reserve()
        let header = unsafe nftnl_batch_end((memory + count).assumingMemoryBound(to: CChar.self), nextSequence)
        unsafe finish(unsafe header, operation: -1)
    }

    /// The sequence number whose acknowledgement says that the transaction is committed.
    var lastOperationSequence: UInt32 { firstSequence &+ UInt32(truncatingIfNeeded: operations.count - 2) }

    private mutating func finish(_ header: UnsafeMutablePointer<nlmsghdr>?, operation: Int) {
        guard let header = unsafe header else { return }
        if operation >= 0 { lastHeader = count }
        count += unsafe (Int(header.pointee.nlmsg_len) + 3) & ~3
        operations.append(operation)
    }

    private mutating func message(
        _ type: UInt16, _ table: TableID, flags: Int32, _ operation: Int,
        _ fill: (UnsafeMutablePointer<nlmsghdr>) -> Void
    ) {
        reserve()
        guard
            let header = unsafe nftnl_nlmsg_build_hdr(
                (memory + count).assumingMemoryBound(to: CChar.self), type,
                UInt16(truncatingIfNeeded: table.family.rawValue),
                UInt16(truncatingIfNeeded: flags), nextSequence)
        else { return }
        unsafe fill(header)
        unsafe finish(unsafe header, operation: operation)
    }

    private mutating func addTable(_ table: TableID, _ flags: TableFlags?, _ messageFlags: Int32, _ index: Int) {
        unsafe message(Message.newTable, table, flags: messageFlags, index) {
            unsafe mnl_attr_put_strz($0, attribute(NFTA_TABLE_NAME), table.name)
            if let flags { unsafe mnl_attr_put_u32($0, attribute(NFTA_TABLE_FLAGS), flags.rawValue.bigEndian) }
        }
    }

    private mutating func append(
        _ operation: Transaction.Operation, _ index: Int, _ templates: inout ElementTemplates
    ) -> Bool {
        switch operation {
        case .addTable(let table, let flags): addTable(table, flags.isEmpty ? nil : flags, NLM_F_CREATE, index)
        case .setFlags(let table, let flags): addTable(table, flags, 0, index)
        case .deleteTable(let table):
            unsafe message(Message.deleteTable, table, flags: 0, index) {
                unsafe mnl_attr_put_strz($0, attribute(NFTA_TABLE_NAME), table.name)
            }
        case .addSet(let table, let declaration):
            guard let object = SetObject.of(declaration, table: table, id: UInt32(index + 1)) else { return false }
            unsafe message(Message.newSet, table, flags: NLM_F_CREATE, index) {
                unsafe nftnl_set_nlmsg_build_payload($0, object.raw)
            }
        case .deleteSet(let table, let set):
            unsafe message(Message.deleteSet, table, flags: 0, index) {
                unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_TABLE), table.name)
                unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_NAME), set)
            }
        case .setPolicy(let table, let chain, let policy):
            unsafe message(Message.newChain, table, flags: 0, index) {
                unsafe mnl_attr_put_strz($0, attribute(NFTA_CHAIN_TABLE), table.name)
                unsafe mnl_attr_put_strz($0, attribute(NFTA_CHAIN_NAME), chain)
                unsafe mnl_attr_put_u32($0, attribute(NFTA_CHAIN_POLICY), policy.netlinkNumber.bigEndian)
            }
        case .addChain(let table, let chain):
            guard let object = ChainObject.of(chain, table: table) else { return false }
            unsafe message(Message.newChain, table, flags: NLM_F_CREATE, index) {
                unsafe nftnl_chain_nlmsg_build_payload($0, object.raw)
            }
        case .addRule(let table, let chain, let rule):
            guard let object = RuleObject.of(rule, table: table, chain: chain) else { return false }
            unsafe message(Message.newRule, table, flags: NLM_F_CREATE | NLM_F_APPEND, index) {
                unsafe nftnl_rule_nlmsg_build_payload($0, object.raw)
            }
        case .flushChain(let table, let chain):
            unsafe message(Message.deleteRule, table, flags: 0, index) {
                unsafe mnl_attr_put_strz($0, attribute(NFTA_RULE_TABLE), table.name)
                unsafe mnl_attr_put_strz($0, attribute(NFTA_RULE_CHAIN), chain)
            }
        case .deleteChain(let table, let chain):
            unsafe message(Message.deleteChain, table, flags: 0, index) {
                unsafe mnl_attr_put_strz($0, attribute(NFTA_CHAIN_TABLE), table.name)
                unsafe mnl_attr_put_strz($0, attribute(NFTA_CHAIN_NAME), chain)
            }
        case .addElements(let table, let set, let elements):
            return append(elements, set, table, Message.newElement, flags: NLM_F_CREATE | NLM_F_EXCL, index, &templates)
        case .deleteElements(let table, let set, let elements):
            return append(elements, set, table, Message.deleteElement, flags: 0, index, &templates)
        case .addVerdicts(let table, let set, let elements):
            return append(elements, set, table, Message.newElement, flags: NLM_F_CREATE | NLM_F_EXCL, index)
        case .deleteVerdicts(let table, let set, let elements):
            return append(elements, set, table, Message.deleteElement, flags: 0, index)
        case .deleteCatchall(let table, let set):
            guard let object = ElementObject(NFT_SET_ELEM_CATCHALL) else { return false }
            unsafe message(Message.deleteElement, table, flags: 0, index) { header in
                unsafe Self.putElements(header, set, table) { ordinal in
                    guard ordinal == 0 else { return false }
                    _ = unsafe nftnl_set_elem_nlmsg_build(header, object.raw, ordinal)
                    return true
                }
            }
        }
        return true
    }

    private mutating func append(
        _ elements: Elements, _ set: String, _ table: TableID, _ type: UInt16, flags: Int32, _ index: Int,
        _ templates: inout ElementTemplates
    ) -> Bool {
        elements.form == .value
            ? copy(elements, set, table, type, flags: flags, index, &templates)
            : build(elements, set, table, type, flags: flags, index)
    }

    /// Appends elements whose keys are values.
    private mutating func copy(
        _ elements: Elements, _ set: String, _ table: TableID, _ type: UInt16, flags: Int32, _ index: Int,
        _ templates: inout ElementTemplates
    ) -> Bool {
        let names = templates.names(of: set, in: table)
        let keyBytes = 4 * elements.keyWords
        let isAddition = type == Message.newElement
        let dataWords = isAddition ? elements.dataWords : 0
        let wordBytes = keyBytes + 4 * dataWords
        let stride = 4 * elements.stride
        guard let plain = templates[.init(keyWords: elements.keyWords, dataWords: dataWords, commentBytes: nil)] else {
            return false
        }
        var next = 0
        var isComplete = true
        while next < elements.count, isComplete {
            unsafe message(type, table, flags: flags, index) { header in
                unsafe Self.putElements(header, names) { ordinal in
                    guard next < elements.count else { return false }
                    func write(_ template: borrowing ElementTemplate, comment: String?) {
                        let place = unsafe UnsafeMutableRawPointer(header) + Int(header.pointee.nlmsg_len)
                        unsafe elements.words.withUnsafeBytes { words in
                            let part = unsafe UnsafeRawBufferPointer(
                                rebasing: words[next * stride..<next * stride + wordBytes])
                            unsafe template.write(
                                to: place, ordinal: ordinal, part, keyBytes: keyBytes, comment: comment)
                        }
                        unsafe header.pointee.nlmsg_len += UInt32(template.count)
                        next += 1
                    }
                    guard isAddition, let comment = elements.comment(next) else {
                        write(plain, comment: nil)
                        return true
                    }
                    let bytes = min(comment.utf8.count, Elements.longestComment)
                    if let template = templates[
                        .init(keyWords: elements.keyWords, dataWords: dataWords, commentBytes: bytes)]
                    {
                        write(template, comment: comment)
                        return true
                    }
                    isComplete = false
                    return false
                }
            }
        }
        return isComplete
    }

    /// Appends elements whose keys are ranges.
    private mutating func build(
        _ elements: Elements, _ set: String, _ table: TableID, _ type: UInt16, flags: Int32, _ index: Int
    ) -> Bool {
        guard let object = ElementObject(), let end = ElementObject(NFT_SET_ELEM_INTERVAL_END) else { return false }
        let isAddition = type == Message.newElement
        var next = 0
        while next < elements.count {
            unsafe message(type, table, flags: flags, index) { header in
                unsafe Self.putElements(header, set, table) { ordinal in
                    guard next < elements.count else { return false }
                    object.setKey(elements.key(next))
                    if elements.form == .concatenatedRange { object.setLastKey(elements.lastKey(next)) }
                    if isAddition {
                        if elements.dataWords > 0 { object.setData(elements.data(next)) }
                        if let comment = elements.comment(next) {
                            object.setComment(comment)
                        } else {
                            object.unsetComment()
                        }
                    }
                    _ = unsafe nftnl_set_elem_nlmsg_build(header, object.raw, ordinal)
                    // A range up to the highest value has no element behind its last one.
                    if elements.form == .range, let behind = elements.lastKey(next).successor {
                        end.setKey(behind[...])
                        _ = unsafe nftnl_set_elem_nlmsg_build(header, end.raw, ordinal)
                    }
                    next += 1
                    return true
                }
            }
        }
        return true
    }

    private mutating func append(
        _ elements: [VerdictElement], _ set: String, _ table: TableID, _ type: UInt16, flags: Int32, _ index: Int
    ) -> Bool {
        guard let object = ElementObject() else { return false }
        var next = 0
        while next < elements.count {
            unsafe message(type, table, flags: flags, index) { header in
                unsafe Self.putElements(header, set, table) { ordinal in
                    guard next < elements.count else { return false }
                    object.setKey(elements[next].key[...])
                    if type == Message.newElement { object.setVerdict(elements[next].verdict) }
                    _ = unsafe nftnl_set_elem_nlmsg_build(header, object.raw, ordinal)
                    next += 1
                    return true
                }
            }
        }
        return true
    }

    /// Writes the head of an element message, then elements until it is full or `next` has none.
    static func putElements(
        _ header: UnsafeMutablePointer<nlmsghdr>, _ set: String, _ table: TableID, _ next: (Int32) -> Bool
    ) {
        unsafe mnl_attr_put_strz(header, attribute(NFTA_SET_ELEM_LIST_TABLE), table.name)
        unsafe mnl_attr_put_strz(header, attribute(NFTA_SET_ELEM_LIST_SET), set)
        unsafe putElements(header, next)
    }

    /// The same with the attributes that name set and table.
    private static func putElements(
        _ header: UnsafeMutablePointer<nlmsghdr>, _ names: [UInt8], _ next: (Int32) -> Bool
    ) {
        let place = unsafe UnsafeMutableRawPointer(header) + Int(header.pointee.nlmsg_len)
        unsafe names.withUnsafeBytes { bytes in
            if let first = bytes.baseAddress { unsafe place.copyMemory(from: first, byteCount: bytes.count) }
        }
        unsafe header.pointee.nlmsg_len += UInt32(names.count)
        unsafe putElements(header, next)
    }

    private static func putElements(_ header: UnsafeMutablePointer<nlmsghdr>, _ next: (Int32) -> Bool) {
        let nest = unsafe mnl_attr_nest_start(header, attribute(NFTA_SET_ELEM_LIST_ELEMENTS))
        var ordinal: Int32 = 0
        while unsafe Int(header.pointee.nlmsg_len) < fullMessage, next(ordinal) { ordinal += 1 }
        unsafe mnl_attr_nest_end(header, nest)
    }
}
