import ArgumentParser
package import Daemons
import NetworkTypes

/// Where the daemon says how it is; kube-proxy's names, defaults and meanings.
struct StatusOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where /healthz, /livez and /readyz answer; nothing between the quotes for nowhere.",
            valueName: "ADDRESS:PORT"))
    var healthzBindAddress = "0.0.0.0:10256"

    @Option(
        help: ArgumentHelp(
            "Where /metrics, /proxyMode and /configz answer; nothing between the quotes for nowhere.",
            valueName: "ADDRESS:PORT"))
    var metricsBindAddress = "127.0.0.1:10249"

    @Flag(help: "End where one of these addresses cannot be had, instead of trying until it can.")
    var bindAddressHardFail = false

    @Option(
        name: [.customLong("iptables-sync-period"), .customLong("sync-period")],
        help: ArgumentHelp(
            "/healthz says 503 when the kernel has lacked something for twice as long.", valueName: "TIME"))
    var syncPeriod = GoDuration(seconds: 30)

    @Flag(help: "Say in /metrics how many connections each Service got; there is a line for each of its ports.")
    var serviceMetrics = false

    /// - Throws: `ConfigurationError` that names the option and the cure.
    func settings() throws(ConfigurationError) -> StatusSettings {
        guard !syncPeriod.isZero else {
            throw ConfigurationError("--iptables-sync-period: give more than 0, such as 30s")
        }
        return StatusSettings(
            health: try ListenAddress.endpoints(healthzBindAddress, port: 10256, option: "--healthz-bind-address"),
            metrics: try ListenAddress.endpoints(metricsBindAddress, port: 10249, option: "--metrics-bind-address"),
            failsHard: bindAddressHardFail, patience: 2 * min(syncPeriod.nanoseconds, 1 << 62),
            countsConnections: serviceMetrics)
    }
}

/// Where the daemon says how it is, checked.
package struct StatusSettings: Sendable, Hashable {
    /// Empty for nowhere.
    package var health: [HTTPEndpoint]
    package var metrics: [HTTPEndpoint]
    package var failsHard: Bool
    /// Nanoseconds for which the kernel may lack something.
    package var patience: UInt64
    package var countsConnections: Bool
}

/// An address to listen at, as Go writes it.
package enum ListenAddress {
    /// Where to listen for `10.0.0.1:10256`, `[::1]:10256`, an address alone, or nothing.
    ///
    /// `0.0.0.0` and `::` stand for all addresses of both families, as Go has it.
    ///
    /// - Parameter port: the one that counts where the text has none.
    package static func endpoints(
        _ text: String, port: UInt16, option: String
    ) throws(ConfigurationError) -> [HTTPEndpoint] {
        if text.isEmpty { return [] }
        var address = text
        var number = port
        if let alone = IPAddress(text) {
            address = "\(alone)"
        } else if let colon = text.lastIndex(of: ":") {
            guard let given = UInt16(text[text.index(after: colon)...]), given > 0 else {
                throw ConfigurationError(
                    "\(option): \"\(text)\" does not end in a port from 1 to 65535; write ADDRESS:PORT")
            }
            number = given
            address = String(text[..<colon])
            if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
            // Go's `:10256`.
            if address.isEmpty { address = "0.0.0.0" }
        }
        guard let parsed = IPAddress(address) else {
            throw ConfigurationError(
                "\(option): \"\(text)\" is no address; write ADDRESS:PORT such as 0.0.0.0:\(port) or [::1]:\(port)")
        }
        if parsed.value == 0 {
            return IPFamily.allCases.map { HTTPEndpoint(IPAddress(family: $0, value: 0), number) }
        }
        return [HTTPEndpoint(parsed, number)]
    }
}
