import CNFTNL
import Glibc

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

    /// The rule, read back into the values that make it.
    var rule: Rule {
        var expressions: [Expression] = []
        guard let iterator = unsafe nftnl_expr_iter_create(raw) else { return Rule([]) }
        while let expression = unsafe nftnl_expr_iter_next(iterator) {
            expressions.append(unsafe Expression(expression))
        }
        unsafe nftnl_expr_iter_destroy(iterator)
        return Rule(expressions)
    }
}
