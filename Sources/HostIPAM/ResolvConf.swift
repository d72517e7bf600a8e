import CNIProtocol

extension DNSConfiguration {
    /// Reads a file in resolv.conf's format; lines that it does not know count for nothing.
    package init(resolvConf text: String) {
        self.init()
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let keyword = words.first, words.count > 1 else { continue }
            switch keyword {
            case "nameserver": nameservers.append(words[1])
            case "domain": domain = words[1]
            case "search": search += words.dropFirst()
            case "options": options += words.dropFirst()
            default: break
            }
        }
    }
}
