import CNFTNL
import Glibc
import NetworkTypes

extension Expression {
    /// Builds the libnftnl object; the rule it is added to owns it.
    ///
    /// Attributes that the kernel fills in by itself are set as it will report them, so that a rule reads the same
    /// before it is sent and after it was dumped.
    @unsafe func build() -> OpaquePointer? {
        switch self {
        case .payload(let base, let offset, let length, let register):
            return unsafe make("payload") {
                unsafe set($0, NFTNL_EXPR_PAYLOAD_DREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_PAYLOAD_BASE, base.rawValue)
                unsafe set($0, NFTNL_EXPR_PAYLOAD_OFFSET, offset)
                unsafe set($0, NFTNL_EXPR_PAYLOAD_LEN, length)
            }
        case .loadMeta(let key, let register):
            return unsafe make("meta") {
                unsafe set($0, NFTNL_EXPR_META_KEY, key.rawValue)
                unsafe set($0, NFTNL_EXPR_META_DREG, register.netlinkNumber)
            }
        case .setMeta(let key, let register):
            return unsafe make("meta") {
                unsafe set($0, NFTNL_EXPR_META_KEY, key.rawValue)
                unsafe set($0, NFTNL_EXPR_META_SREG, register.netlinkNumber)
            }
        case .compare(let register, let comparison, let bytes):
            return unsafe make("cmp") {
                unsafe set($0, NFTNL_EXPR_CMP_SREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_CMP_OP, comparison.rawValue)
                unsafe set($0, NFTNL_EXPR_CMP_DATA, bytes)
            }
        case .bitwise(let register, let mask, let xor):
            return unsafe make("bitwise") {
                unsafe set($0, NFTNL_EXPR_BITWISE_SREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_BITWISE_DREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_BITWISE_LEN, UInt32(mask.count))
                unsafe set($0, NFTNL_EXPR_BITWISE_MASK, mask)
                unsafe set($0, NFTNL_EXPR_BITWISE_XOR, xor)
            }
        case .toNetworkOrder(let register, let length, let size):
            return unsafe make("byteorder") {
                unsafe set($0, NFTNL_EXPR_BYTEORDER_SREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_BYTEORDER_DREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_BYTEORDER_OP, UInt32(NFT_BYTEORDER_HTON.rawValue))
                unsafe set($0, NFTNL_EXPR_BYTEORDER_LEN, length)
                unsafe set($0, NFTNL_EXPR_BYTEORDER_SIZE, size)
            }
        case .lookup(let name, let key, let result):
            return unsafe make("lookup") {
                unsafe nftnl_expr_set_str($0, attribute(NFTNL_EXPR_LOOKUP_SET), name)
                unsafe set($0, NFTNL_EXPR_LOOKUP_SREG, key.netlinkNumber)
                let flags = result == .absence ? UInt32(NFT_LOOKUP_F_INV.rawValue) : 0
                unsafe set($0, NFTNL_EXPR_LOOKUP_FLAGS, flags)
                switch result {
                case .membership, .absence: break
                case .data(let register): unsafe set($0, NFTNL_EXPR_LOOKUP_DREG, register.netlinkNumber)
                case .verdict: unsafe set($0, NFTNL_EXPR_LOOKUP_DREG, UInt32(NFT_REG_VERDICT.rawValue))
                }
            }
        case .remember(let name, let key, let data, let milliseconds):
            return unsafe makeDynamic(NFT_DYNSET_OP_UPDATE, name, key, data, milliseconds)
        case .forget(let name, let key, let data): return unsafe makeDynamic(NFT_DYNSET_OP_DELETE, name, key, data, 0)
        case .random(let modulus, let offset, let register):
            return unsafe make("numgen") {
                unsafe set($0, NFTNL_EXPR_NG_DREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_NG_MODULUS, modulus)
                unsafe set($0, NFTNL_EXPR_NG_TYPE, UInt32(NFT_NG_RANDOM.rawValue))
                unsafe set($0, NFTNL_EXPR_NG_OFFSET, offset)
            }
        case .immediate(let bytes, let register):
            return unsafe make("immediate") {
                unsafe set($0, NFTNL_EXPR_IMM_DREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_IMM_DATA, bytes)
            }
        case .verdict(let verdict):
            let (code, chain) = verdict.netlink
            return unsafe make("immediate") {
                unsafe set($0, NFTNL_EXPR_IMM_DREG, UInt32(NFT_REG_VERDICT.rawValue))
                unsafe set($0, NFTNL_EXPR_IMM_VERDICT, UInt32(bitPattern: code))
                if let chain { unsafe nftnl_expr_set_str($0, attribute(NFTNL_EXPR_IMM_CHAIN), chain) }
            }
        case .counter: return unsafe make("counter") { _ in }
        case .foreign: return nil
        case .dnat(let family, let address, let port):
            return unsafe make("nat") {
                unsafe set($0, NFTNL_EXPR_NAT_TYPE, UInt32(NFT_NAT_DNAT.rawValue))
                unsafe set($0, NFTNL_EXPR_NAT_FAMILY, family.netfilterNumber)
                unsafe set($0, NFTNL_EXPR_NAT_REG_ADDR_MIN, address.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_NAT_REG_ADDR_MAX, address.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_NAT_REG_PROTO_MIN, port.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_NAT_REG_PROTO_MAX, port.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_NAT_FLAGS, ExpressionNumber.natRange)
            }
        case .masquerade:
            return unsafe make("masq") { unsafe set($0, NFTNL_EXPR_MASQ_FLAGS, ExpressionNumber.fullyRandom) }
        case .reject(let rejection):
            return unsafe make("reject") {
                let (type, code) = rejection.netlinkNumbers
                unsafe set($0, NFTNL_EXPR_REJECT_TYPE, type)
                unsafe nftnl_expr_set_u8($0, attribute(NFTNL_EXPR_REJECT_CODE), code)
            }
        case .loadConntrackStatus(let register):
            return unsafe make("ct") {
                unsafe set($0, NFTNL_EXPR_CT_KEY, UInt32(NFT_CT_STATUS.rawValue))
                unsafe set($0, NFTNL_EXPR_CT_DREG, register.netlinkNumber)
            }
        case .loadOriginal(let key, let register):
            return unsafe make("ct") {
                unsafe set($0, NFTNL_EXPR_CT_KEY, key.rawValue)
                unsafe set($0, NFTNL_EXPR_CT_DREG, register.netlinkNumber)
                unsafe nftnl_expr_set_u8($0, attribute(NFTNL_EXPR_CT_DIR), ExpressionNumber.original)
            }
        case .loadConntrackState(let register):
            return unsafe make("ct") {
                unsafe set($0, NFTNL_EXPR_CT_KEY, UInt32(NFT_CT_STATE.rawValue))
                unsafe set($0, NFTNL_EXPR_CT_DREG, register.netlinkNumber)
            }
        case .loadAddressType(let address, let register):
            return unsafe make("fib") {
                unsafe set($0, NFTNL_EXPR_FIB_DREG, register.netlinkNumber)
                unsafe set($0, NFTNL_EXPR_FIB_RESULT, UInt32(NFT_FIB_RESULT_ADDRTYPE.rawValue))
                unsafe set($0, NFTNL_EXPR_FIB_FLAGS, address.rawValue)
            }
        }
    }
}

private func make(_ kind: String, _ fill: (OpaquePointer) -> Void) -> OpaquePointer? {
    guard let expression = unsafe nftnl_expr_alloc(kind) else { return nil }
    unsafe fill(expression)
    return unsafe expression
}

private func makeDynamic(
    _ operation: nft_dynset_ops, _ name: String, _ key: Register, _ data: Register?, _ milliseconds: UInt64
) -> OpaquePointer? {
    unsafe make("dynset") {
        unsafe nftnl_expr_set_str($0, attribute(NFTNL_EXPR_DYNSET_SET_NAME), name)
        unsafe set($0, NFTNL_EXPR_DYNSET_SREG_KEY, key.netlinkNumber)
        if let data { unsafe set($0, NFTNL_EXPR_DYNSET_SREG_DATA, data.netlinkNumber) }
        unsafe set($0, NFTNL_EXPR_DYNSET_OP, UInt32(operation.rawValue))
        if milliseconds > 0 {
            unsafe nftnl_expr_set_u64($0, attribute(NFTNL_EXPR_DYNSET_TIMEOUT), milliseconds)
        }
    }
}

private func set(_ expression: OpaquePointer, _ constant: Int, _ value: UInt32) {
    unsafe nftnl_expr_set_u32(expression, attribute(constant), value)
}

private func set(_ expression: OpaquePointer, _ constant: Int, _ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes {
        _ = unsafe nftnl_expr_set(expression, attribute(constant), $0.baseAddress, UInt32($0.count))
    }
}
