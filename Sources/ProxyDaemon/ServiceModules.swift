import LinuxSystem
import Logging

/// The kernel's modules that Services need.
enum ServiceModules {
    /// What the tables and the clean-up of connections have the kernel load; `deploy/modules-load.d` names them too.
    static let names = [
        "nf_tables", "nf_nat", "nft_chain_nat", "nft_ct", "nft_fib_ipv4", "nft_fib_ipv6", "nft_masq", "nft_nat",
        "nft_numgen", "nft_reject_ipv4", "nft_reject_ipv6", "nf_conntrack_netlink",
    ]

    /// Loads what is missing, so that the first transaction need not, and says in a warning what Services will lack.
    static func load(_ logger: Logger) {
        let wanted = BridgeNetfilter.isPresent ? names : names + [BridgeNetfilter.module]
        let reason = KernelModules.load(wanted, within: BridgeNetfilter.patience)
        guard !BridgeNetfilter.isPresent else { return }
        logger.warning(
            "\(BridgeNetfilter.complaint)",
            metadata: ["cure": "\(BridgeNetfilter.cure)", "reason": "\(reason ?? "it was not loaded")"])
    }
}
