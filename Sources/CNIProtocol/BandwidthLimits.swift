/// How fast a pod may receive and send (the capability `bandwidth`, and the keys of the `bandwidth` plugin).
package struct BandwidthLimits: Sendable, Hashable {
    package struct Limit: Sendable, Hashable {
        /// Bits per second, more than 0.
        package var rate: UInt64
        /// Bits that may pass at once: more than 0, and less than 4 GiB in bytes, because the kernel counts in 32 bits.
        package var burst: UInt64

        /// What the kernel is asked for.
        package var bytesPerSecond: UInt64 { max(rate / 8, 1) }

        package init(rate: UInt64, burst: UInt64) {
            self.rate = rate
            self.burst = burst
        }
    }

    /// What goes to the pod; nil for no limit.
    package var ingress: Limit?
    /// What comes from the pod; nil for no limit.
    package var egress: Limit?

    package init(ingress: Limit? = nil, egress: Limit? = nil) {
        self.ingress = ingress
        self.egress = egress
    }

    package var isEmpty: Bool { ingress == nil && egress == nil }

    private static let keys = ["ingressRate", "ingressBurst", "egressRate", "egressBurst"]

    /// Reads the limits of an attachment.
    ///
    /// The configuration's own keys, once any of them is there, win over `runtimeConfig.bandwidth` as a whole, as the
    /// upstream plugin has it.
    ///
    /// - Throws: code 7 with the key's path and its value.
    package init(_ root: ConfigurationReader) throws(CNIError) {
        let runtime = try root.reader("runtimeConfig")?.reader("bandwidth")
        let isStatic = Self.keys.contains { root.value($0) != nil }
        guard let reader = isStatic ? root : runtime else {
            self.init()
            return
        }
        self.init(
            ingress: try Self.limit(reader, "ingressRate", "ingressBurst"),
            egress: try Self.limit(reader, "egressRate", "egressBurst"))
    }

    private static func limit(_ reader: ConfigurationReader, _ rateKey: String, _ burstKey: String) throws(CNIError)
        -> Limit?
    {
        let rate = try reader.integer(rateKey, in: 0...Int.max) ?? 0
        let burst = try reader.integer(burstKey, in: 0...Int.max) ?? 0
        guard rate != 0 || burst != 0 else { return nil }
        // The bandwidth plugin's own sentences: clients look for them.
        func failure(_ message: String, _ key: String, _ reason: String) -> CNIError {
            CNIError(.invalidConfiguration, message, details: "\(reader.path(of: key)): \(reason)")
        }
        guard burst != 0 else {
            throw failure(
                "if rate is set, burst must also be set", burstKey, "it is missing or 0 beside \(rateKey) \(rate)")
        }
        guard rate != 0 else {
            throw failure(
                "if burst is set, rate must also be set", rateKey, "it is missing or 0 beside \(burstKey) \(burst)")
        }
        guard burst / 8 < Int(UInt32.max) else {
            throw failure("burst cannot be more than 4GB", burstKey, "\(burst) bits are 4 GiB or more")
        }
        return Limit(rate: UInt64(rate), burst: UInt64(burst))
    }
}
