import LinuxSystem
import ProxyDaemon
import Testing

@Suite struct KernelNeedsTests {
    @Test("A kernel that is too old is told what it lacks, and one that is not, nothing")
    func complaint() {
        func complaint(_ major: Int, _ minor: Int) -> String? { KernelNeeds.complaint(of: KernelVersion(major, minor)) }
        #expect(complaint(5, 10) == nil && complaint(6, 1) == nil && complaint(7, 0) == nil)
        #expect(complaint(5, 9) == "kernel 5.9 is too old: 5.10 or later is needed")
        #expect(
            complaint(5, 8)
                == "kernel 5.8 is too old: 5.10 or later is needed; it lacks reject in prerouting (Services without endpoints)"
        )
        let old = complaint(4, 19) ?? ""
        #expect(old.contains("session affinity") && old.contains("loadBalancerSourceRanges") && old.contains("reject"))
    }
}
