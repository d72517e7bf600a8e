import LinuxSystem
import NFTables
import NetworkTypes
import PodTables
import RouteNetlink
import TestSupport

/// What there is of attachments on a node, in a form that can be compared.
struct Remains {
    let links: [String]
    let leases: [String]
    let records: [String]
    let tables: [TableID: TableSnapshot]
    let flows: [String]
    /// `route_localnet` of the bridge; empty where there is no bridge.
    let isOpenForLoopback: String

    init(_ node: PluginNode) throws {
        links = try node.links().map { "\($0.name) \($0.alias) \($0.queueing)" }.sorted()
        leases = node.leases()
        records = try node.records()
        var connection = try node.namespace.nftConnection()
        var tables: [TableID: TableSnapshot] = [:]
        for table in PodTableContent.tableIDs { tables[table] = try connection.dump(table)?.sorted }
        self.tables = tables
        flows = try node.flows(mentioning: "udp").map { line in
            line.split(separator: " ").filter { word in
                ["src=", "dst=", "sport=", "dport="].contains { word.hasPrefix($0) }
            }.joined(separator: " ")
        }.sorted()
        isOpenForLoopback = try node.namespace.perform { () throws(SystemError) in
            (try? Sysctl.read("net/ipv4/conf/cni0/route_localnet")) ?? ""
        }
    }
}

extension Remains {
    /// What is otherwise than before, a sentence each; none when all is as it was.
    func differences(from before: Remains) -> [String] {
        var differences: [String] = []
        func compare(_ what: String, _ old: [String], _ new: [String]) {
            let gone = old.filter { !new.contains($0) }
            let left = new.filter { !old.contains($0) }
            if old != new { differences.append("\(what): gone \(gone), left \(left)") }
        }
        compare("links", before.links, links)
        compare("leases", before.leases, leases)
        compare("records", before.records, records)
        compare("flows", before.flows, flows)
        compare("route_localnet", [before.isOpenForLoopback], [isOpenForLoopback])
        for id in PodTableContent.tableIDs where tables[id] != before.tables[id] {
            let names = Set((tables[id]?.sets.keys.map { $0 } ?? []) + (before.tables[id]?.sets.keys.map { $0 } ?? []))
            let sets = names.filter { tables[id]?.sets[$0] != before.tables[id]?.sets[$0] }.sorted()
            differences.append("table \(id): \(sets)")
        }
        return differences
    }
}

extension TableSnapshot {
    /// The same with each set's elements in an order of their own: the kernel's depends on its hash tables' size.
    fileprivate var sorted: TableSnapshot {
        var copy = self
        for (name, set) in sets {
            var sorted = set
            let order = (0..<set.elements.count).sorted {
                set.elements.key($0).lexicographicallyPrecedes(set.elements.key($1))
            }
            sorted.elements.words = order.flatMap {
                set.elements.words[$0 * set.elements.stride..<($0 + 1) * set.elements.stride]
            }
            sorted.elements.comments = order.map { set.elements.comment($0) ?? "" }
            copy.sets[name] = sorted
        }
        return copy
    }
}
