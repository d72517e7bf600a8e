import Allocations
import JSON
import KubeModel
import NetworkTypes
import Testing

func name(_ text: String) -> NamespacedName { NamespacedName(namespace: "default", name: text) }

func network(_ text: String) -> CIDR { CIDR(text)! }

/// A Service in a manifest's words.
func service(_ name: String, _ spec: String = #"{"ports":[{"port":80}]}"#, status: String = "{}") -> ObjectChange {
    let json =
        #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"\#(name)"},"spec":\#(spec),"status":\#(status)}"#
    guard let value = try? JSONValue(parsing: Array(json.utf8)),
        case .object(let object)? = KubeDocument(value).items.first?.outcome
    else { fatalError("no Service: \(json)") }
    return .set(object)
}

func naming(_ name: String, _ clusterIP: String) -> ObjectChange {
    service(name, #"{"clusterIP":"\#(clusterIP)","ports":[{"port":80}]}"#)
}

func gone(_ text: String) -> ObjectChange { .removed(ObjectID(kind: .service, name: name(text))) }

/// An allocator, what it delivered, and what a disk would have of it.
struct Cluster {
    let ranges: AllocationRanges
    private var allocator: Allocator
    private(set) var services: [String: Service] = [:]
    private(set) var records: [Holding] = []
    /// Of the last delivery.
    private(set) var delivered: [ObjectChange] = []
    private(set) var notes: [AllocationNote] = []

    init(_ ranges: AllocationRanges) {
        self.ranges = ranges
        allocator = Allocator(ranges)
    }

    init(_ clusterIPs: String..., balanced: [String] = [], ports: ClosedRange<UInt16>? = 30000...32767) {
        self.init(
            AllocationRanges(
                clusterIPs: clusterIPs.map(network), loadBalancerIPs: balanced.map(network), nodePorts: ports))
    }

    var remembered: [Holding] { allocator.holdings }

    mutating func take(_ changes: ObjectChange..., complete: Bool = true, unreadable: Int = 0) {
        take(changes, complete: complete, unreadable: unreadable)
    }

    mutating func take(_ changes: [ObjectChange], complete: Bool = true, unreadable: Int = 0) {
        let outcome = allocator.take(SourceUpdate(changes: changes, complete: complete, unreadable: unreadable))
        records += outcome.records
        notes = outcome.notes
        delivered = outcome.update.changes
        #expect(Set(delivered.map(\.id)).count == delivered.count, "each object once")
        for change in delivered {
            switch change {
            case .set(.service(let service)): services[service.name.name] = service
            case .removed(let id): services[id.name.name] = nil
            default: break
            }
        }
    }

    /// A daemon that reads what this one wrote.
    func restarted(_ ranges: AllocationRanges? = nil) -> Cluster {
        var new = Cluster(ranges ?? self.ranges)
        new.allocator = Allocator(new.ranges, remembered: records)
        new.records = records
        return new
    }

    func clusterIPs(_ name: String) -> [String] { services[name]?.clusterIPs.map(\.description) ?? [] }

    func loadBalancerIPs(_ name: String) -> [String] { services[name]?.loadBalancerIPs.map(\.description) ?? [] }

    func nodePorts(_ name: String) -> [UInt16] { services[name]?.ports.map(\.nodePort) ?? [] }
}
