import CNL
import LinuxSystem

/// A token bucket filter (`tbf`) at a link's root: what leaves the link keeps to a rate.
package struct TokenBucket: Sendable, Hashable {
    package var bytesPerSecond: UInt64
    /// How many bytes may leave at once after a pause; a longer frame is dropped, a longer GSO packet cut.
    package var burst: UInt32
    /// How many bytes may wait.
    package var limit: UInt32

    package init(bytesPerSecond: UInt64, burst: UInt32, limit: UInt32) {
        self.bytesPerSecond = bytesPerSecond
        self.burst = burst
        self.limit = limit
    }

    /// The kernel's name for this kind of queueing.
    package static let kind = "tbf"
}

extension TokenBucket {
    func fill(_ message: inout NetlinkMessage, link: Int32) {
        message.append(Self.header(link: link))
        message.put(Int(TCA_KIND), Self.kind)
        message.nest(Int(TCA_OPTIONS)) { options in
            var parameters = tc_tbf_qopt()
            // Without a link layer the kernel wants a table of transmission times, which it then throws away.
            parameters.rate.linklayer = UInt8(TC_LINKLAYER_ETHERNET.rawValue)
            parameters.rate.rate = UInt32(clamping: bytesPerSecond)
            parameters.limit = limit
            options.put(Int(TCA_TBF_PARMS), structure: parameters)
            // In bytes; the time in the parameters would be limited to 275 s and rounded.
            options.put(Int(TCA_TBF_BURST), burst)
            if bytesPerSecond > UInt64(UInt32.max) { options.put(Int(TCA_TBF_RATE64), bytesPerSecond) }
        }
    }

    /// The header of every request for a link's root.
    static func header(link: Int32) -> tcmsg {
        var header = tcmsg()
        header.tcm_ifindex = link
        header.tcm_parent = TC_H_ROOT
        return header
    }

    /// Reads the body of an `RTM_NEWQDISC` message; nil for another kind of queueing.
    init?(parsing body: ArraySlice<UInt8>) {
        var kind = ""
        var options: NetlinkAttributes?
        for attribute in NetlinkAttributes(body.dropFirst(MemoryLayout<tcmsg>.size)) {
            switch attribute.type {
            case Int(TCA_KIND): kind = attribute.text
            case Int(TCA_OPTIONS): options = attribute.nested
            default: break
            }
        }
        guard kind == Self.kind, let options else { return nil }
        self.init(bytesPerSecond: 0, burst: 0, limit: 0)
        var ticks: UInt64 = 0
        for attribute in options {
            switch attribute.type {
            case Int(TCA_TBF_PARMS):
                // struct tc_tbf_qopt: tc_ratespec rate and peakrate (12 bytes, the rate last), u32 limit, buffer, mtu
                bytesPerSecond = UInt64(attribute.value.uint32(at: 8) ?? 0)
                limit = attribute.value.uint32(at: 24) ?? 0
                ticks = UInt64(attribute.value.uint32(at: 28) ?? 0)
            case Int(TCA_TBF_RATE64):
                bytesPerSecond = attribute.value.uint64(at: 0) ?? bytesPerSecond
            default: break
            }
        }
        // A tick is 64 ns (PSCHED_SHIFT), and the kernel has rounded twice.
        let (bytes, isTooMuch) = (ticks * 64).multipliedReportingOverflow(by: bytesPerSecond)
        burst = isTooMuch ? .max : UInt32(clamping: bytes / 1_000_000_000)
    }
}
