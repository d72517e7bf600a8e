import CNFTNL

/// The attributes of an expression that the kernel reported, which lives as long as its rule.
@safe struct ExpressionReader {
    let raw: OpaquePointer

    var name: String { string(NFTNL_EXPR_NAME) }

    func has(_ constant: Int) -> Bool { unsafe nftnl_expr_is_set(raw, attribute(constant)) }

    /// 0 where it is not set.
    func number(_ constant: Int) -> UInt32 {
        has(constant) ? unsafe nftnl_expr_get_u32(raw, attribute(constant)) : 0
    }

    /// 0 where it is not set.
    func longNumber(_ constant: Int) -> UInt64 {
        has(constant) ? unsafe nftnl_expr_get_u64(raw, attribute(constant)) : 0
    }

    func byte(_ constant: Int) -> UInt8 { has(constant) ? unsafe nftnl_expr_get_u8(raw, attribute(constant)) : 0 }

    /// Empty where it is not set.
    func string(_ constant: Int) -> String {
        guard has(constant), let text = unsafe nftnl_expr_get_str(raw, attribute(constant)) else { return "" }
        return unsafe String(cString: text)
    }

    func bytes(_ constant: Int) -> [UInt8] {
        var length: UInt32 = 0
        guard has(constant), let bytes = unsafe nftnl_expr_get(raw, attribute(constant), &length) else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
    }

    /// nil where it is not set, and for the verdict's register.
    func register(_ constant: Int) -> Register? {
        has(constant) ? Register(netlinkNumber: unsafe nftnl_expr_get_u32(raw, attribute(constant))) : nil
    }

    /// The whole expression in libnftnl's words.
    var text: String {
        let capacity = 512
        let text = unsafe [CChar](unsafeUninitializedCapacity: capacity) { buffer, count in
            let length = unsafe nftnl_expr_snprintf(
                buffer.baseAddress, capacity, raw, UInt32(NFTNL_OUTPUT_DEFAULT.rawValue), 0)
            count = min(max(Int(length), 0), capacity - 1)
        }
        return "\(name) \(String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self))"
    }
}
