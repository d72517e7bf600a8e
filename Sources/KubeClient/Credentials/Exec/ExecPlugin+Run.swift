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
        // A session of its own, so that whatever it starts can be ended with it.
        let program = Program(
            command, arguments, environment: variables.map { "\($0)=\($1)" }, descriptors: [], hasOwnSession: true)
        return try program.run(outputs: 2, limit: Self.largestAnswer, within: Self.patience)
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
