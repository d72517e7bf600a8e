import AttachPlan
import NetworkTypes
import Testing

@Suite struct DerivedMACTests {
    @Test("MAC addresses follow from the IP, are local unicast, and differ between the two ends")
    func mac() throws {
        let v4 = try #require(IPAddress("10.244.0.5"))
        #expect(DerivedMAC.interface(v4).description == "0a:58:0a:f4:00:05")
        #expect(DerivedMAC.hostEnd(v4).description == "06:58:0a:f4:00:05")
        let texts = ["10.244.0.5", "10.244.0.6", "fd00::5", "fd00::6", "fd01::5", "::a58:af4:5"]
        let all = texts.compactMap { IPAddress($0) }.flatMap { [DerivedMAC.interface($0), DerivedMAC.hostEnd($0)] }
        #expect(Set(all).count == texts.count * 2)
        #expect(all.allSatisfy { $0.bytes[0] & 3 == 2 })
    }
}
