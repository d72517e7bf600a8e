import KubeClient
import Testing

@Suite struct ExecCredentialTests {
    private func plugin(_ version: String = "v1") throws -> ExecPlugin {
        let exec = "apiVersion: client.authentication.k8s.io/\(version), command: p, interactiveMode: Never"
        guard case .exec(let plugin) = try clusterAccess(KubeconfigTexts.small(user: "exec: {\(exec)}")).credential
        else {
            throw PluginMissing()
        }
        return plugin
    }

    private struct PluginMissing: Error {}

    private func answer(_ status: String, version: String = "v1") -> [UInt8] {
        let head = #""kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/\#(version)""#
        return Array("{\(head),\"spec\":{},\(status)}\n".utf8)
    }

    private func text(_ output: [UInt8]) throws -> String {
        let plugin = try plugin()
        return errorText { () throws(CredentialError) in try ExecCredential(output: output, of: plugin) }
    }

    @Test("A token, a certificate with its key, or all of them", arguments: ["v1", "v1beta1"])
    func good(version: String) throws {
        let pair = #""clientCertificateData":"CERT\n","clientKeyData":"KEY\n""#
        let plugin = try plugin(version)
        let all = try ExecCredential(
            output: answer(
                #""status":{"token":"t",\#(pair),"expirationTimestamp":"2026-01-31T12:00:00Z"}"#, version: version),
            of: plugin)
        #expect(all.token == "t" && all.expiry == 1_769_860_800)
        #expect(
            all.certificate == ClientCertificate(chain: .data(Array("CERT\n".utf8)), key: .data(Array("KEY\n".utf8))))
        #expect(all.description == "a token and a certificate")
        let token = try ExecCredential(output: answer(#""status":{"token":"t"}"#, version: version), of: plugin)
        #expect(token.token == "t" && token.certificate == nil && token.expiry == nil)
        let certificate = try ExecCredential(output: answer("\"status\":{\(pair)}", version: version), of: plugin)
        #expect(certificate.token == nil && certificate.certificate != nil)
    }

    @Test("Answers without a credential are errors that say what is missing")
    func bad() throws {
        let origin = "the answer of the plugin p"
        #expect(try text([]) == "\(origin) is empty; run p by hand to see what it says")
        #expect(try text(Array("hello".utf8)) == "\(origin): a string is not a mapping of keys to values")
        #expect(try text(Array("{".utf8)).hasPrefix("\(origin): cannot be parsed: line "))
        #expect(
            try text(Array("{\"kind\":\"Pod\"}".utf8))
                == "\(origin): kind: it is not ExecCredential; name another command")
        let asked = "but the kubeconfig says client.authentication.k8s.io/v1; write the same there"
        #expect(
            try text(answer(#""status":{"token":"t"}"#, version: "v1beta1"))
                == "\(origin): apiVersion: is \"client.authentication.k8s.io/v1beta1\", \(asked)")
        #expect(try text(Array("{\"status\":{}}".utf8)) == "\(origin): apiVersion: is missing, \(asked)")
        #expect(try text(answer("\"a\":1")) == "\(origin): status: is missing; run p by hand to see what it says")
        #expect(
            try text(answer("\"status\":{\"token\":\"\"}"))
                == "\(origin): status: has neither a token nor a certificate; log in to p again")
        #expect(
            try text(answer(#""status":{"token":"t","clientCertificateData":"hush"}"#))
                == "\(origin): status.clientKeyData: is missing beside the certificate; update the plugin")
        #expect(
            try text(answer(#""status":{"clientKeyData":"hush"}"#))
                == "\(origin): status.clientCertificateData: is missing beside the key; update the plugin")
        #expect(
            try text(answer(#""status":{"token":"hush hush"}"#))
                == "\(origin): status.token: the text has characters that no bearer token has; update the plugin")
    }

    @Test(
        "A credential's end is a time of RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-31T12:00:00Z", 1_769_860_800),
            ("2026-01-31T12:00:00.123456789Z", 1_769_860_800), ("2026-01-31T12:00:00+05:30", 1_769_841_000),
            ("2026-01-31T12:00:00-08:00", 1_769_889_600), ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2000-03-01T00:00:00Z", 951_868_800), ("1969-12-31T23:59:59Z", -1),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("0000-01-01T00:00:00Z", -62_167_219_200), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ])
    func expiry(time: String, seconds: Int64) throws {
        let status = #""status":{"token":"t","expirationTimestamp":"\#(time)"}"#
        #expect(try ExecCredential(output: answer(status), of: plugin()).expiry == seconds)
    }

    @Test(
        "Any other text is an error",
        arguments: [
            "tomorrow", "2026-01-31", "2026-02-29T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
            "2026-01-31T12:00:60Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-01-31T12:00:00", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Zx", "2026-01-31 12:00:00Z",
            "2026-01-31T12:00:00+0530", "2026-01-31T12:00:00+24:00", "1900-02-29T00:00:00Z", "+026-01-31T12:00:00Z",
        ])
    func noTime(time: String) throws {
        #expect(
            try text(answer(#""status":{"token":"t","expirationTimestamp":"\#(time)"}"#))
                == "the answer of the plugin p: status.expirationTimestamp: is not a time like 2026-01-31T12:00:00Z; update the plugin"
        )
    }
}
