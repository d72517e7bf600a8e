import CNFTNL
import Glibc

/// The owner of a `nftnl_set`.
@safe struct SetObject: ~Copyable {
    let raw: OpaquePointer

    init?() {
        guard let raw = unsafe nftnl_set_alloc() else { return nil }
        unsafe self.raw = raw
    }

    deinit { unsafe nftnl_set_free(raw) }

    /// Builds the object that declares a set.
    ///
    /// - Parameter id: unlike every other set's in the same batch.
    static func of(_ declaration: SetDeclaration, table: TableID, id: UInt32) -> SetObject? {
        guard let object = SetObject() else { return nil }
        let raw = unsafe object.raw
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_FAMILY), table.family.rawValue)
        unsafe nftnl_set_set_str(raw, attribute(NFTNL_SET_TABLE), table.name)
        unsafe nftnl_set_set_str(raw, attribute(NFTNL_SET_NAME), declaration.name)
        switch declaration.data {
        case nil: break
        case .value(let type, let length):
            unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_DATA_TYPE), type)
            unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_DATA_LEN), UInt32(length))
        case .verdict: unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_DATA_TYPE), verdictDataType)
        }
        if declaration.flags.contains(.concatenation) {
            let lengths = declaration.keyParts?.map { UInt8(truncatingIfNeeded: $0.length) } ?? []
            unsafe lengths.withUnsafeBytes {
                _ = unsafe nftnl_set_set_data(
                    raw, attribute(NFTNL_SET_DESC_CONCAT), $0.baseAddress, UInt32($0.count))
            }
        }
        // With a size the kernel would take the memory for all of it at once.
        if declaration.size > 0, !declaration.flags.contains(.dynamic) {
            unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_DESC_SIZE), declaration.size)
        }
        if declaration.timeout > 0 { unsafe nftnl_set_set_u64(raw, attribute(NFTNL_SET_TIMEOUT), declaration.timeout) }
        if declaration.gcInterval > 0 {
            unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_GC_INTERVAL), declaration.gcInterval)
        }
        if declaration.policy > 0 { unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_POLICY), declaration.policy) }
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_FLAGS), declaration.flags.rawValue)
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_KEY_TYPE), declaration.keyType)
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_KEY_LEN), UInt32(declaration.keyLength))
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_ID), id)
        for kind in declaration.elementExpressions {
            guard let expression = unsafe nftnl_expr_alloc(kind) else { return nil }
            unsafe nftnl_set_add_expr(raw, expression)
        }
        let userData = declaration.userData
        unsafe userData.withUnsafeBytes {
            _ = unsafe nftnl_set_set_data(raw, attribute(NFTNL_SET_USERDATA), $0.baseAddress, UInt32($0.count))
        }
        return object
    }

    var name: String {
        unsafe nftnl_set_get_str(raw, attribute(NFTNL_SET_NAME)).map { unsafe String(cString: $0) } ?? ""
    }

    /// The declaration that the kernel reports.
    var declaration: SetDeclaration {
        let flags = SetFlags(rawValue: unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_FLAGS)))
        let dataType = unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_DATA_TYPE))
        let dataLength = unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_DATA_LEN))
        var length: UInt32 = 0
        let userData = unsafe nftnl_set_get_data(raw, attribute(NFTNL_SET_USERDATA), &length)
        var declaration = SetDeclaration(
            name,
            keyType: unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_KEY_TYPE)),
            keyLength: Int(unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_KEY_LEN)) + 3) & ~3,
            data: !flags.contains(.map)
                ? nil
                : dataType == verdictDataType ? .verdict : .value(type: dataType, length: Int(dataLength + 3) & ~3),
            userData: unsafe userData.map { unsafe Array(UnsafeRawBufferPointer(start: $0, count: Int(length))) } ?? [])
        declaration.flags = flags
        declaration.elementExpressions = expressions
        declaration.size = unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_DESC_SIZE))
        // As it will be when the first rule that adds to it is there.
        if flags.contains(.dynamic), declaration.size == 0 { declaration.size = SetDeclaration.dynamicSize }
        declaration.timeout = unsafe nftnl_set_get_u64(raw, attribute(NFTNL_SET_TIMEOUT))
        declaration.gcInterval = unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_GC_INTERVAL))
        declaration.policy = unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_POLICY))
        return declaration
    }

    /// The names of what each element executes.
    private var expressions: [String] {
        var names: [String] = []
        unsafe withUnsafeMutablePointer(to: &names) { names in
            _ = unsafe nftnl_set_expr_foreach(
                raw,
                { expression, names in
                    if let name = unsafe nftnl_expr_get_str(expression, attribute(NFTNL_EXPR_NAME)) {
                        unsafe names?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
                    }
                    return 0
                }, names)
        }
        return names
    }
}
