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
        unsafe nftnl_chain_set_u32(raw, attribute(NFTNL_CHAIN_POLICY), hook.policy.netlinkNumber)
        return object
    }

    var name: String { string(NFTNL_CHAIN_NAME) ?? "" }

    /// Where the kernel says it is attached; nil for a plain chain.
    var hook: Chain.Hook? {
        guard unsafe nftnl_chain_is_set(raw, attribute(NFTNL_CHAIN_HOOKNUM)) else { return nil }
        let policy = unsafe nftnl_chain_get_u32(raw, attribute(NFTNL_CHAIN_POLICY))
        return Chain.Hook(
            Chain.Hook.Kind(rawValue: string(NFTNL_CHAIN_TYPE) ?? ""),
            Chain.Hook.Point(rawValue: unsafe nftnl_chain_get_u32(raw, attribute(NFTNL_CHAIN_HOOKNUM))),
            priority: unsafe nftnl_chain_get_s32(raw, attribute(NFTNL_CHAIN_PRIO)),
            policy: policy == Chain.Hook.Policy.drop.netlinkNumber ? .drop : .accept, devices: devices)
    }

    private var devices: [String] {
        var devices: [String] = []
        if let device = string(NFTNL_CHAIN_DEV) { devices.append(device) }
        if unsafe nftnl_chain_is_set(raw, attribute(NFTNL_CHAIN_DEVICES)),
            let names = unsafe nftnl_chain_get_array(raw, attribute(NFTNL_CHAIN_DEVICES))
        {
            // The array ends with a null pointer.
            var index = 0
            while let name = unsafe names[index] {
                devices.append(unsafe String(cString: name))
                index += 1
            }
        }
        return devices
    }

    private func string(_ constant: some RawRepresentable<UInt32>) -> String? {
        unsafe nftnl_chain_get_str(raw, attribute(constant)).map { unsafe String(cString: $0) }
    }

    private func string(_ constant: Int) -> String? {
        unsafe nftnl_chain_get_str(raw, attribute(constant)).map { unsafe String(cString: $0) }
    }
}
