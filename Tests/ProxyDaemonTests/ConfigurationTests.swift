import NetworkTypes
import ProxyDaemon
import Testing

@Suite struct ConfigurationTests {
    @Test("Cluster networks of both families, with spaces as people write them")
    func networks() throws {
        let cidrs = try Networks.parse("10.244.0.0/16, fd00:10:244::/48", option: "--cluster-cidr")
        #expect(cidrs.map(\.description) == ["10.244.0.0/16", "fd00:10:244::/48"])
    }

    @Test(
        "A bad network is named, with the cure",
        arguments: [
            ("10.244.0.0", "\"10.244.0.0\" is no network"), ("", "\"\" is no network"),
            ("10.244.0.0/16,", "\"\" is no network"), ("10.244.1.0/16", "did you mean 10.244.0.0/16?"),
            ("10.244.0.0/33", "\"10.244.0.0/33\" is no network"),
        ])
    func badNetworks(text: String, complaint: String) {
        let error = #expect(throws: ConfigurationError.self) { try Networks.parse(text, option: "--cluster-cidr") }
        #expect(error?.description.contains(complaint) == true)
        #expect(error?.description.hasPrefix("--cluster-cidr: ") == true)
    }
}
