import AttachPlan
import CNIPlugin
import CNIProtocol
import Glibc
import JSON
import LinuxSystem
import TestSupport

/// Executions of the real plugin one after the other, in namespaces of their own whose files cannot be written.
///
/// What they do, on purpose or by a damaged path, ends with the batch: the network namespaces of the node and of its
/// pods, leases and records on file systems in memory.
struct FuzzBatch {
    private let directory: String
    private let cases: [FuzzGenerator.Case]

    /// - Parameter numbers: which cases of the seed to run.
    init(seed: UInt64, numbers: Range<Int>, plugin: String) throws {
        directory = "/tmp/fairway-test-fuzz-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        cases = numbers.map { FuzzGenerator.make(seed: seed, number: $0) }
        try Directory.create("\(directory)/names")
        try Directory.create("\(directory)/delegates")
        for name in Personality.allCases {
            try systemCall("symlink \(name)") { unsafe symlink(plugin, "\(directory)/names/\(name.rawValue)") }
        }
        try write("delegates/fake-ipam", Array(Self.delegate.utf8), mode: 0o755)
        for item in cases {
            try write("input.\(item.number)", item.input)
            var generator = FuzzGenerator(seed: ~seed, number: item.number)
            try write("delegates/output.\(item.number)", generator.damaged(FuzzSeeds.delegateOutput))
        }
        try write("run", Array(Self.prologue.utf8) + cases.flatMap(Self.line) + Array("exit 0\n".utf8), mode: 0o755)
    }

    /// What became of the cases.
    struct Report: Sendable {
        /// What was against the rules, in sentences.
        var violations: [String] = []
        /// How many ended with each error code, and how many succeeded (0).
        var tally: [Int: Int] = [:]

        mutating func add(_ other: Report) {
            violations += other.violations
            tally.merge(other.tally) { $0 + $1 }
        }
    }

    /// Runs the cases.
    func run() async throws -> Report {
        defer { removeTree(directory) }
        let outcome = try await RunningProcess(
            Programs.path(of: "unshare"), ["--net", "--mount", "sh", "\(directory)/run", directory]
        ).outcome(within: 120 + cases.count / 2)
        let codes = try content("codes").split(separator: "\n").map { Int32($0) ?? -1 }
        guard outcome.exitCode == 0, codes.count == cases.count else {
            let place = codes.count < cases.count ? "in case \(cases[codes.count].number)" : ""
            return Report(
                violations: ["the batch ended with \(outcome.exitCode) \(place): \(outcome.errorOutput)"])
        }
        var report = Report()
        for (item, exitCode) in zip(cases, codes) {
            let output = try content("output.\(item.number)")
            report.tally[exitCode == 0 ? 0 : errorCode(output) ?? -1, default: 0] += 1
            guard let violation = violation(exitCode: exitCode, output: output) else { continue }
            let variables = item.variables.map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
            report.violations.append(
                """
                case \(item.number) (\(item.personality.rawValue)) \(violation); \(try content("errors.\(item.number)"))
                \(variables.joined(separator: " ")) \(String(decoding: item.input, as: UTF8.self))
                """)
        }
        return report
    }

    private func errorCode(_ output: String) -> Int? {
        guard case .object(let object)? = try? JSONValue(parsing: Array(output.utf8)) else { return nil }
        return try? ConfigurationReader(object).integer("code", in: 1...999)
    }

    /// What is wrong with an execution; nil when it ended as the specification demands.
    private func violation(exitCode: Int32, output: String) -> String? {
        guard exitCode == 0 || exitCode == 1 else { return "ended with \(exitCode)" }
        if exitCode == 0, output.isEmpty { return nil }
        guard output.hasSuffix("\n"), case .object(let object)? = try? JSONValue(parsing: Array(output.utf8)),
            case .string(let version)? = object["cniVersion"]
        else { return "wrote no JSON object with a version: \(output)" }
        guard exitCode == 1 else { return nil }
        guard SpecVersion(rawValue: version) != nil, let code = errorCode(output),
            [1, 2, 3, 4, 5, 6, 7, 8, 11, 50, 51].contains(code) || code >= 100,
            let message = try? ConfigurationReader(object).string("msg"), !message.isEmpty
        else { return "wrote an error that the specification does not have: \(output)" }
        return nil
    }

    /// Makes the mounts and the namespaces; `$1` is the batch's directory.
    private static let prologue = """
        set -e
        mount --make-rprivate /
        mount --bind "$1" /mnt
        cut -d ' ' -f 5 /proc/self/mountinfo | while read -r place; do
            case $place in
            /proc | /proc/* | /mnt) ;;
            *) mount -o remount,bind,ro "$place" 2>/dev/null || true ;;
            esac
        done
        for place in /tmp /run /var/lib; do mount -t tmpfs none $place; done
        mkdir -p /run/netns /var/lib/cni
        ip link set lo up
        for pod in 0 1 2 3; do ip netns add pod$pod; done
        set +e
        : >/mnt/codes

        """

    /// An address plugin that writes damaged results, and fails now and then.
    private static let delegate = """
        #!/bin/sh
        cat "/mnt/delegates/output.$FUZZ_CASE"
        exit $((FUZZ_CASE % 11 == 0))

        """

    private static func line(_ item: FuzzGenerator.Case) -> [UInt8] {
        var line = Array("env -i FUZZ_CASE=\(item.number) PATH=/usr/sbin:/usr/bin:/sbin:/bin".utf8)
        for variable in item.variables {
            line += Array(" \(variable.name)='".utf8)
            for byte in variable.value where byte != 0 {
                line += byte == UInt8(ascii: "'") ? Array(#"'\''"#.utf8) : [byte]
            }
            line.append(UInt8(ascii: "'"))
        }
        let n = item.number
        let program = "/mnt/names/\(item.personality.rawValue)"
        return line
            + Array(" \(program) </mnt/input.\(n) >/mnt/output.\(n) 2>/mnt/errors.\(n); echo $? >>/mnt/codes\n".utf8)
    }

    private func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
        let file = try FileDescriptor.open("\(directory)/\(name)", O_WRONLY | O_CREAT | O_EXCL)
        try file.writeAll(bytes)
        try systemCall("chmod \(name)") { fchmod(file.rawValue, mode) }
    }

    private func content(_ name: String) throws -> String {
        String(decoding: try FileDescriptor.open("\(directory)/\(name)", O_RDONLY).readToEnd(), as: UTF8.self)
    }
}
