import CNFTNL
import Glibc

/// The owner of a `nftnl_chain`.
@safe struct ChainObject: ~Copyable {
    let raw: OpaquePointer

    init?() {
        guard let raw = unsafe nftnl_chain_alloc() else { return nil }
        unsafe self.raw = raw
    }

    deinit { unsafe nftnl_chain_free(raw) }

    /// Builds the object of a chain, without its rules.
    static func of(_ chain: Chain, table: TableID) -> ChainObject? {
        guard let object = ChainObject() else { return nil }
        let raw = unsafe object.raw
        unsafe nftnl_chain_set_u32(raw, attribute(NFTNL_CHAIN_FAMILY), table.family.rawValue)
        unsafe nftnl_chain_set_str(raw, attribute(NFTNL_CHAIN_TABLE), table.name)
        unsafe nftnl_chain_set_str(raw, attribute(NFTNL_CHAIN_NAME), chain.name)
        guard let hook = chain.hook else { return object }
        unsafe nftnl_chain_set_str(raw, attribute(NFTNL_CHAIN_TYPE), hook.kind.rawValue)
        unsafe nftnl_chain_set_u32(raw, attribute(NFTNL_CHAIN_HOOKNUM), hook.point.rawValue)
        unsafe nftnl_chain_set_s32(raw, attribute(NFTNL_CHAIN_PRIO), hook.priority)
        return object
    }

    var name: String {
        unsafe nftnl_chain_get_str(raw, attribute(NFTNL_CHAIN_NAME)).map { unsafe String(cString: $0) } ?? ""
    }

    /// Where the kernel says it is attached; nil for a plain chain and for hooks that Fairway does not use.
    var hook: Chain.Hook? {
        guard unsafe nftnl_chain_is_set(raw, attribute(NFTNL_CHAIN_HOOKNUM)),
            let type = unsafe nftnl_chain_get_str(raw, attribute(NFTNL_CHAIN_TYPE)),
            let kind = unsafe Chain.Hook.Kind(rawValue: String(cString: type)),
            let point = Chain.Hook.Point(
                rawValue: unsafe nftnl_chain_get_u32(raw, attribute(NFTNL_CHAIN_HOOKNUM)))
        else { return nil }
        return Chain.Hook(kind, point, priority: unsafe nftnl_chain_get_s32(raw, attribute(NFTNL_CHAIN_PRIO)))
    }
}
