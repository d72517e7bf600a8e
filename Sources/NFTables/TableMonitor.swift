import CNFTNL
import Glibc
package import LinuxSystem

/// A subscription to what is committed to nf_tables, by whomever, in the network namespace that it was opened in.
///
/// It has no thread of its own: whoever waits for its descriptor to have input reads then. While it is open each commit costs
/// the kernel a message for each object, so it is opened after a large one.
package struct TableMonitor: ~Copyable {
    /// What others have committed since the last reading.
    package struct Notice: Sendable, Hashable {
        /// The tables that objects were in; those of families that Fairway has no tables in are left out.
        package var tables: Set<TableID> = []
        /// Tables, chains or rules were among it, in whichever family.
        package var hasRules = false
        /// Notifications were lost: anything may have changed.
        package var isLost = false

        package init(tables: Set<TableID> = [], hasRules: Bool = false, isLost: Bool = false) {
            self.tables = tables
            self.hasRules = hasRules
            self.isLost = isLost
        }
    }

    /// Datagrams that are read in one call: a flood of changes must not keep its reader for ever.
    private static let readLimit = 4096

    private let socket: NetlinkSocket

    /// Subscribes in the calling thread's namespace: what is committed from now on waits to be read.
    ///
    /// - Parameter receiveBuffer: how many bytes may wait, as the kernel counts them.
    package init(receiveBuffer: Int = 4 << 20) throws(NetlinkError) {
        do throws(SystemError) {
            socket = try NetlinkSocket(.nftables, groups: [Int32(NFNLGRP_NFTABLES.rawValue)])
        } catch {
            throw NetlinkError("subscribe to tables", error.errno)
        }
        socket.reserve(receiveBuffer: receiveBuffer)
    }

    /// The descriptor's number, to wait for input.
    package var rawValue: Int32 { socket.rawValue }

    /// What waits, without what was committed through a connection.
    ///
    /// - Parameter port: the connection's port number.
    package borrowing func read(ignoring port: UInt32) throws(NetlinkError) -> Notice {
        var notice = Notice()
        for _ in 0..<Self.readLimit {
            do throws(Errno) {
                guard let replies = try socket.receive(wait: false) else { break }
                for reply in replies where reply.port != port {
                    if let table = Self.table(of: reply) { notice.tables.insert(table) }
                    if Self.ruleMessages.contains(reply.type & 0xff) { notice.hasRules = true }
                }
            } catch {
                guard error == .noBufferSpace else { throw NetlinkError("read notifications of tables", error) }
                notice.isLost = true
            }
        }
        return notice
    }

    private static let ruleMessages: Set<UInt16> = [
        Message.newTable, Message.deleteTable, Message.newChain, Message.deleteChain, Message.newRule,
        Message.deleteRule,
    ]

    /// The table that a notification is about: the first attribute of all objects' but of the generation's.
    private static func table(of reply: NetlinkReply) -> TableID? {
        guard case .object(let body) = reply.content, reply.type & 0xff != UInt16(NFT_MSG_NEWGEN.rawValue),
            let family = body.uint8(at: 0).flatMap({ TableFamily(rawValue: UInt32($0)) })
        else { return nil }
        // Behind struct nfgenmsg.
        for attribute in NetlinkAttributes(body.dropFirst(4)) where attribute.type == Int(NFTA_TABLE_NAME.rawValue) {
            return TableID(family: family, name: attribute.text)
        }
        return nil
    }
}
