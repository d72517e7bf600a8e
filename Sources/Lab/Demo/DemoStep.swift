import NetworkTypes

/// One thing that the demo shows: a command, what came back, and what must be true of it.
struct DemoStep {
    let title: String
    let from: any LabHost
    let target: IPAddress
    let port: UInt16
    var options: ConnectOptions
    /// What goes on while the client connects; the client then runs until it is over.
    var meanwhile: (() throws -> String)?
    let claims: (ConnectReport) -> [Claim]

    /// A sentence that the report bears out, or not.
    struct Claim {
        let text: String
        let holds: Bool
    }

    init(
        _ title: String, from: any LabHost, to target: IPAddress, _ port: UInt16, _ options: ConnectOptions,
        meanwhile: (() throws -> String)? = nil, claims: @escaping (ConnectReport) -> [Claim]
    ) {
        self.title = title
        self.from = from
        self.target = target
        self.port = port
        self.options = options
        self.meanwhile = meanwhile
        self.claims = claims
    }

    /// What a person would type to see the same while the lab stands.
    var command: String {
        let words = options.arguments
        let usual = ConnectOptions().arguments
        let changed = stride(from: options.proto == .udp ? 1 : 0, to: words.count, by: 2).flatMap { index in
            let pair = Array(words[index..<index + 2])
            return usual.contains(pair[1]) && usual.firstIndex(of: pair[0]).map { usual[$0 + 1] } == pair[1] ? [] : pair
        }
        let udp = options.proto == .udp ? ["--udp"] : []
        return (["fairway-lab exec \(from.name) -- fairway-lab connect \(target) \(port)"] + udp + changed)
            .joined(separator: " ")
    }

    /// Runs the step; what a client cannot even report fails its claims too.
    func run() throws -> (report: ConnectReport, note: String?) {
        guard let meanwhile else { return (try from.connect(to: target, port, options), nil) }
        let run = try from.startConnecting(to: target, port, options)
        let note = try meanwhile()
        return (try run.stop(), note)
    }
}
