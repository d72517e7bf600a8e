/// What kube-proxy leaves in the iptables rules of a node.
enum IPTablesRemains {
    /// Chains of kube-proxy's by their whole names (pkg/proxy/iptables and pkg/proxy/ipvs of Kubernetes).
    ///
    /// The hint and the canary of the kubelet begin with KUBE- too, and stay.
    private static let names: Set<Substring> = [
        "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ",
        "KUBE-MARK-DROP", "KUBE-FORWARD", "KUBE-FIREWALL", "KUBE-PROXY-FIREWALL", "KUBE-PROXY-CANARY",
        "KUBE-NODE-PORT", "KUBE-LOAD-BALANCER", "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-IPVS-FILTER",
        "KUBE-IPVS-OUT-FILTER",
    ]
    /// What the others' names begin with.
    private static let beginnings = ["KUBE-SVC-", "KUBE-SEP-", "KUBE-EXT-", "KUBE-FW-", "KUBE-SVL-", "KUBE-XLB-"]

    static func isOfKubeProxy(_ chain: Substring) -> Bool {
        names.contains(chain) || beginnings.contains { chain.hasPrefix($0) }
    }

    /// What `iptables-restore --noflush` is to be told so that all of it goes, and nothing else.
    ///
    /// Within a table all goes at once: first the rules of others' chains that lead there, then the chains.
    ///
    /// - Parameter rules: as `iptables-save` writes them.
    /// - Returns: nil where there is nothing of kube-proxy's; else the input, and how many chains it removes.
    static func removal(from rules: String) -> (input: String, chains: Int)? {
        var input = ""
        var count = 0
        for table in rules.split(separator: "\n*").map({ $0.hasPrefix("*") ? $0.dropFirst() : $0 }) {
            let lines = table.split(separator: "\n")
            guard let name = lines.first, !name.hasPrefix("#") || lines.count > 1 else { continue }
            let chains = lines.filter { $0.hasPrefix(":") }.map { $0.dropFirst().prefix { $0 != " " } }.filter(
                isOfKubeProxy)
            if chains.isEmpty { continue }
            count += chains.count
            input += "*\(heading(name, lines))\n"
            for chain in chains { input += ":\(chain) - [0:0]\n" }
            for line in lines where line.hasPrefix("-A ") {
                let words = words(line)
                guard words.count > 1, !isOfKubeProxy(words[1]), leadsThere(words) else { continue }
                input += "-D \(line.dropFirst(3))\n"
            }
            for chain in chains { input += "-X \(chain)\n" }
            input += "COMMIT\n"
        }
        return count == 0 ? nil : (input, count)
    }

    /// The table's name; comments may stand before the first one.
    private static func heading(_ first: Substring, _ lines: [Substring]) -> Substring {
        lines.first { $0.hasPrefix("*") }?.dropFirst() ?? first
    }

    /// A rule's words; a comment in quotation marks, in which others stand behind a backslash, is one that leads nowhere.
    private static func words(_ line: Substring) -> [Substring] {
        var words: [Substring] = []
        var start = line.startIndex
        var (isQuoted, isEscaped) = (false, false)
        for index in line.indices {
            let character = line[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == " ", !isQuoted {
                words.append(line[start..<index])
                start = line.index(after: index)
            }
        }
        return words + [line[start...]]
    }

    private static func leadsThere(_ words: [Substring]) -> Bool {
        for (index, word) in words.enumerated() where word == "-j" || word == "-g" {
            if words.indices.contains(index + 1), isOfKubeProxy(words[index + 1]) { return true }
        }
        return false
    }
}
