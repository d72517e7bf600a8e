import CNFTNL
import Glibc
import NetworkTypes

/// The owner of a `nftnl_rule`.
@safe struct RuleObject: ~Copyable {
    let raw: OpaquePointer

    init?() {
        guard let raw = unsafe nftnl_rule_alloc() else { return nil }
        unsafe self.raw = raw
    }

    deinit { unsafe nftnl_rule_free(raw) }

    /// Builds the object of a rule in a chain.
    static func of(_ rule: Rule, table: TableID, chain: String) -> RuleObject? {
        guard let object = RuleObject() else { return nil }
        let raw = unsafe object.raw
        unsafe nftnl_rule_set_u32(raw, attribute(NFTNL_RULE_FAMILY), table.family.rawValue)
        unsafe nftnl_rule_set_str(raw, attribute(NFTNL_RULE_TABLE), table.name)
        unsafe nftnl_rule_set_str(raw, attribute(NFTNL_RULE_CHAIN), chain)
        for expression in rule.expressions {
            guard let built = unsafe expression.build() else { return nil }
            unsafe nftnl_rule_add_expr(raw, built)
        }
        return object
    }

    /// The rule's expressions as libnftnl prints them, one a line, the form of `nft --debug=netlink`.
    var bytecode: String {
        let capacity = 8192
        let text = unsafe [CChar](unsafeUninitializedCapacity: capacity) { buffer, count in
            let length = unsafe nftnl_rule_snprintf(
                buffer.baseAddress, capacity, raw, UInt32(NFTNL_OUTPUT_DEFAULT.rawValue), 0)
            count = min(max(Int(length), 0), capacity - 1)
        }
        let lines = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: "\n")
        return lines.map { String($0.drop { $0 == " " }) }.filter { $0.hasPrefix("[") }.joined(separator: "\n")
    }
}

extension Rule {
    /// The rule's expressions as text, the same for a rule that was dumped from the kernel.
    ///
    /// Names of chains and sets are part of it, handles and counters are not.
    package var bytecode: String {
        RuleObject.of(self, table: TableID(family: .ip, name: ""), chain: "")?.bytecode ?? ""
    }
}

extension IPFamily {
    /// `NFPROTO_IPV4` or `NFPROTO_IPV6`.
    var netfilterNumber: UInt32 { self == .ipv4 ? 2 : 10 }
}
