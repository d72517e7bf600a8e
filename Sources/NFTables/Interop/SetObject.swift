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
        var flags: UInt32 = 0
        switch declaration.data {
        case nil: break
        case .value(let type, let length):
            flags = UInt32(NFT_SET_MAP.rawValue)
            unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_DATA_TYPE), type)
            unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_DATA_LEN), UInt32(length))
        case .verdict:
            flags = UInt32(NFT_SET_MAP.rawValue)
            unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_DATA_TYPE), verdictDataType)
        }
        if declaration.isInterval { flags |= UInt32(NFT_SET_INTERVAL.rawValue) }
        if declaration.keyForm == .concatenatedRange {
            flags |= UInt32(NFT_SET_CONCAT.rawValue)
            let lengths = declaration.keyParts?.map { UInt8(truncatingIfNeeded: $0.length) } ?? []
            unsafe lengths.withUnsafeBytes {
                _ = unsafe nftnl_set_set_data(
                    raw, attribute(NFTNL_SET_DESC_CONCAT), $0.baseAddress, UInt32($0.count))
            }
        }
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_FLAGS), flags)
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_KEY_TYPE), declaration.keyType)
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_KEY_LEN), UInt32(declaration.keyLength))
        unsafe nftnl_set_set_u32(raw, attribute(NFTNL_SET_ID), id)
        if declaration.hasCounter {
            guard let counter = unsafe nftnl_expr_alloc("counter") else { return nil }
            unsafe nftnl_set_add_expr(raw, counter)
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

    /// True for the set of one rule, which has no name of its own.
    var isAnonymous: Bool {
        unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_FLAGS)) & UInt32(NFT_SET_ANONYMOUS.rawValue) != 0
    }

    /// The declaration that the kernel reports.
    var declaration: SetDeclaration {
        let flags = unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_FLAGS))
        let isMap = flags & UInt32(NFT_SET_MAP.rawValue) != 0
        let dataType = unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_DATA_TYPE))
        let dataLength = unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_DATA_LEN))
        var length: UInt32 = 0
        let userData = unsafe nftnl_set_get_data(raw, attribute(NFTNL_SET_USERDATA), &length)
        return SetDeclaration(
            name,
            keyType: unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_KEY_TYPE)),
            keyLength: Int(unsafe nftnl_set_get_u32(raw, attribute(NFTNL_SET_KEY_LEN)) + 3) & ~3,
            data: !isMap
                ? nil
                : dataType == verdictDataType ? .verdict : .value(type: dataType, length: Int(dataLength + 3) & ~3),
            isInterval: flags & UInt32(NFT_SET_INTERVAL.rawValue) != 0,
            hasCounter: unsafe nftnl_set_is_set(raw, attribute(NFTNL_SET_EXPR)),
            userData: unsafe userData.map { unsafe Array(UnsafeRawBufferPointer(start: $0, count: Int(length))) } ?? [])
    }
}
