import Glibc
package import NetworkTypes

/// The addresses of the calling thread's network namespace.
package enum LocalAddresses {
    /// All addresses of all links, loopback's among them.
    package static func current() throws(SystemError) -> Set<IPAddress> {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { throw SystemError("list addresses", .current) }
        defer { unsafe freeifaddrs(list) }
        var addresses: Set<IPAddress> = []
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard let raw = unsafe entry.pointee.ifa_addr else { continue }
            switch unsafe Int32(raw.pointee.sa_family) {
            case AF_INET:
                let value = unsafe UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
                addresses.insert(IPAddress(family: .ipv4, value: UInt128(UInt32(bigEndian: value))))
            case AF_INET6:
                var address = unsafe UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in6.self).sin6_addr
                let value = unsafe withUnsafeBytes(of: &address) { bytes in
                    unsafe bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
                }
                addresses.insert(IPAddress(family: .ipv6, value: value))
            default: break
            }
        }
        return addresses
    }
}
