import Glibc
import LinuxSystem
import Testing

@Suite struct KernelModulesTests {
    @Test("What is not listed as loaded is asked for, whole names only")
    func missing() {
        let list = "nf_tables 315392 12 nft_ct,nft_nat, Live 0x0000000000000000\nnft_ct 24576 0 - Live 0x0\n"
        #expect(
            KernelModules.missing(["nf_tables", "nf_table", "nft", "nft_ct", "br_netfilter"], in: list) == [
                "nf_table", "nft", "br_netfilter",
            ])
        #expect(KernelModules.missing(["veth"], in: "") == ["veth"])
    }

    @Test("A child that does not end in its time is ended, and nobody waits longer")
    func patience() throws {
        func end(_ script: String, within milliseconds: Int) throws -> ProcessEnd? {
            let pid = try Program("/bin/sh", ["-c", script], environment: [], descriptors: []).start()
            return ProcessEnd(ofChild: pid, within: milliseconds)
        }
        #expect(try end("exit 3", within: 60_000) == .exited(3))
        let start = MonotonicClock.now
        #expect(try end("exec sleep 100", within: 50) == nil)
        #expect(MonotonicClock.now - start < 30_000_000_000)
    }
}
