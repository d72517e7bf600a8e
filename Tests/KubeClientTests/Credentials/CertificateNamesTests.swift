import KubeClient
import Testing

@Suite struct CertificateNamesTests {
    private func names(_ names: String..., addresses: [[UInt8]] = []) -> CertificateNames {
        CertificateNames(names: names, addresses: addresses)
    }

    @Test("An address is good only where it is there as an address, byte for byte")
    func addresses() {
        let four = names("10.0.0.2", "::2", addresses: [[10, 0, 0, 1]])
        #expect(four.include("10.0.0.1") && four.include("[10.0.0.1]"))
        #expect(!four.include("10.0.0.2") && !four.include("::2") && !four.include("10.0.0.3"))
        #expect(!four.include("::ffff:10.0.0.1"))
        let six = names(addresses: [Array(repeating: 0, count: 15) + [1]])
        #expect(six.include("::1") && six.include("[::1]") && six.include("0:0:0:0:0:0:0:1"))
        #expect(!six.include("::2") && !six.include("0.0.0.1"))
        #expect(!names(addresses: [[10, 0, 0]]).include("10.0.0"))
    }

    @Test("An address is never a name, and a name never an address")
    func kinds() {
        #expect(!names("*.0.0.1").include("10.0.0.1"))
        #expect(!names("10.0.0.1").include("10.0.0.1"))
        #expect(!names(addresses: [Array("abcd".utf8)]).include("abcd"))
        #expect(!names("fd00::1%eth0").include("fd00::1%eth0"))
        // With leading zeros it is no address, so it may be a name.
        #expect(names("010.0.0.1", addresses: [[10, 0, 0, 1]]).include("010.0.0.1"))
        #expect(!names(addresses: [[10, 0, 0, 1]]).include("010.0.0.1"))
    }

    @Test(
        "Names are alike without regard to ASCII case and to the dot at the wanted one's end",
        arguments: [
            ("kubernetes.default.svc", "kubernetes.default.svc", true),
            ("Kubernetes.Default", "kubernetes.dEFAULT", true),
            ("kubernetes", "kubernetes.", true), ("kubernetes.", "kubernetes", false),
            ("kubernetes.", "kubernetes.", true),
            ("kubernetes", "kubernetes.default", false), ("kubernetes.default", "kubernetes", false),
            ("a_b.example", "a_b.example", true), ("", "", false), (".", ".", false), ("a", "", false),
            ("stra\u{df}e.example", "STRASSE.example", false), ("é.example", "e\u{301}.example", false),
            ("K\u{212a}.example", "kk.example", false),
        ])
    func alike(name: String, wanted: String, isGood: Bool) {
        #expect(names(name).include(wanted) == isGood)
    }

    @Test(
        "A star is the whole first label of a pattern, and stands for exactly one label",
        arguments: [
            ("*.example.com", "a.example.com", true), ("*.example.com", "A.EXAMPLE.com.", true),
            ("*.example.com", "example.com", false), ("*.example.com", "a.b.example.com", false),
            ("*.example.com", ".example.com", false), ("*", "localhost", false), ("*", "a.b", false),
            ("*.com", "example.com", true), ("a*.example.com", "ab.example.com", false),
            ("*a.example.com", "ba.example.com", false), ("a.*.com", "a.b.com", false), ("*.*.com", "a.b.com", false),
            ("*.example.com", "*.example.com", true), ("*.", "a.", false), ("*.example.com.", "a.example.com", false),
            ("**.example.com", "a.example.com", false),
        ])
    func stars(pattern: String, wanted: String, isGood: Bool) {
        #expect(names(pattern).include(wanted) == isGood)
    }

    @Test("What is no name of a host is never what a star stands for, but it may be the same text")
    func odd() {
        for wanted in ["-a.example.com", "a b.example.com", "é.example.com", "a\u{0}b.example.com", "a:1.example.com"] {
            #expect(!names("*.example.com").include(wanted), "\(wanted)")
            #expect(names(wanted).include(wanted), "\(wanted)")
        }
        #expect(!names("api.example.com\u{0}.evil.example").include("api.example.com"))
    }

    @Test("Every name and address of a certificate counts, and without any there is none")
    func all() {
        let certificate = names("a", "b", addresses: [[10, 0, 0, 1], [10, 0, 0, 2]])
        for host in ["a", "b", "10.0.0.1", "10.0.0.2"] { #expect(certificate.include(host)) }
        #expect(!names().include("a") && !names().include("10.0.0.1"))
    }
}
