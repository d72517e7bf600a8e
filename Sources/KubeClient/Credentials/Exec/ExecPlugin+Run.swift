import Glibc
import LinuxSystem

extension ExecPlugin {
    /// In bytes.
    private static let largestAnswer = 1 << 20
    /// In milliseconds.
    private static let patience: UInt64 = 30_000

    /// Runs the program and takes its answer.
    ///
    /// It blocks: not for the concurrency pool.
    ///
    /// - Throws: where the program cannot be started, fails, takes too long or answers nothing that can be used.
    func run(for access: ClusterAccess) throws(CredentialError) -> ExecCredential {
        let information = try information(for: access)
        let answer: (output: [UInt8], end: ProcessEnd?)
        do throws(SystemError) {
            answer = try self.answer(information)
        } catch {
            let hint = error.errno == .notFound ? "; \(installHint ?? "install it, or write its path")" : ""
            throw CredentialError("\(self) cannot be run: \(error.errno)\(hint)")
        }
        guard let end = answer.end else {
            throw CredentialError("\(self) took longer than \(Self.patience / 1000) s and was ended")
        }
        guard end == .exited(0) else {
            // What it says may hold secrets.
            throw CredentialError("\(self) failed (\(end.words)); run it by hand to see what it says")
        }
        return try ExecCredential(output: answer.output, of: self)
    }

    /// - Returns: what it wrote, and nil for its end where it had to be ended.
    private func answer(
        _ information: String
    ) throws(SystemError) -> (output: [UInt8], end: ProcessEnd?) {
        var variables = ProcessEnvironment.values
        for variable in environment { variables[variable.name] = variable.value }
        variables[Self.informationVariable] = information
        let streams = try ChildStreams(outputs: 2)
        // A session of its own, so that whatever it starts can be ended with it.
        let pid = try Program(
            command, arguments, environment: variables.map { "\($0)=\($1)" }, descriptors: streams.childEnds,
            hasOwnSession: true
        ).start()
        streams.closeChildEnds()
        let deadline = MonotonicClock.now + Self.patience * 1_000_000
        let outcome = Result<Bool, SystemError> { () throws(SystemError) in
            try streams.exchange([], limit: Self.largestAnswer) {
                let now = MonotonicClock.now
                return now >= deadline ? 0 : Int32((deadline - now) / 1_000_000 + 1)
            }
        }
        let isDone = (try? outcome.get()) ?? false
        if !isDone { kill(-pid, SIGKILL) }
        let end = try ProcessEnd(ofChild: pid)
        _ = try outcome.get()
        return (streams.taken[0], isDone ? end : nil)
    }
}

extension ProcessEnd {
    fileprivate var words: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signalled(let number): "signal \(number)"
        }
    }
}
