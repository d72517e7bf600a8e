import FoundationEssentials
import Glibc
import LinuxSystem

/// ADD and DEL of pods by Fairway and by another bridge plugin, whole process, in turns within one run.
struct PluginBenchmark {
    let fairway: String
    let upstream: String
    let pods: Int

    func run() throws {
        let folder = "/tmp/fairway-bench-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let host = try NetworkNamespace.fresh()
        let lock = "/run/fairway-cni/netns-\(try host.inode()).lock"
        defer {
            _ = unsafe unlink(lock)
            _ = unsafe rmdir("/run/fairway-cni")
        }
        let contenders = [
            Contender(
                name: "fairway", binary: fairway, pluginPath: upstream,
                configuration: configuration("fairway", "bench-fairway", "brf0", 1, folder)),
            Contender(
                name: "bridge + host-local", binary: "\(upstream)/bridge", pluginPath: upstream,
                configuration: configuration("bridge", "bench-upstream", "bru0", 2, folder)),
        ]
        // The first pod makes the bridge and warms the page cache; it is not counted.
        var adds: [[Double]] = [[], []]
        var deletes: [[Double]] = [[], []]
        for number in 0...pods {
            let first = try NetworkNamespace.fresh()
            let second = try NetworkNamespace.fresh()
            let order = number.isMultiple(of: 2) ? [0, 1] : [1, 0]
            for command in ["ADD", "DEL"] {
                for index in order {
                    let path = "/proc/\(getpid())/fd/\(index == 0 ? first.rawValue : second.rawValue)"
                    let time = try contenders[index].run(command, pod: "pod-\(number)", namespace: path, on: host)
                    if number == 0 { continue }
                    if command == "ADD" { adds[index].append(time) } else { deletes[index].append(time) }
                }
            }
        }
        for (index, contender) in contenders.enumerated() {
            print(
                "\(contender.name): ADD p50 \(milliseconds(adds[index].percentile(50))), p99",
                "\(milliseconds(adds[index].percentile(99))); DEL p50 \(milliseconds(deletes[index].percentile(50))),",
                "p99 \(milliseconds(deletes[index].percentile(99))), \(pods) pods")
        }
        print(
            "ratio bridge + host-local to fairway: ADD \(zip(adds[1], adds[0]).map { $0 / $1 }.summary),",
            "DEL \(zip(deletes[1], deletes[0]).map { $0 / $1 }.summary)")
    }

    private func configuration(
        _ type: String, _ network: String, _ bridge: String, _ number: Int, _ folder: String
    ) -> String {
        """
        {"cniVersion":"1.0.0","name":"\(network)","type":"\(type)","bridge":"\(bridge)","isGateway":true,\
        "isDefaultGateway":true,"hairpinMode":true,"ipam":{"type":"host-local","dataDir":"\(folder)","ranges":[\
        [{"subnet":"10.24\(number).0.0/16"}],[{"subnet":"fd00:24\(number)::/64"}]]}}
        """
    }
}

/// A plugin and its configuration.
private struct Contender {
    let name: String
    let binary: String
    let pluginPath: String
    let configuration: String

    /// Executes the plugin in the host's namespace; nanoseconds from its start to its end.
    func run(
        _ command: String, pod: String, namespace: String, on host: borrowing NetworkNamespace
    ) throws -> Double {
        let environment = [
            "CNI_COMMAND=\(command)", "CNI_CONTAINERID=\(pod)", "CNI_NETNS=\(namespace)", "CNI_IFNAME=eth0",
            "CNI_PATH=\(pluginPath)", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        let (binary, configuration) = (binary, configuration)
        let (time, status) = try host.perform { () throws(SystemError) in
            try timedRun(binary, environment, input: configuration)
        }
        guard status == 0 else { throw SystemError("\(name) \(command) \(pod): exit \(status)", .invalid) }
        return time
    }
}

/// Runs a program with a text on standard input and its output discarded; nanoseconds and the exit status.
private func timedRun(
    _ path: String, _ environment: [String], input: String
) throws(SystemError) -> (time: Double, status: Int32) {
    var pipe: [Int32] = [0, 0]
    try systemCall("pipe") { unsafe Glibc.pipe(&pipe) }
    let reader = FileDescriptor(adopting: pipe[0])
    try FileDescriptor(adopting: pipe[1]).writeAll(input.utf8)
    let discard = try FileDescriptor.open("/dev/null", O_WRONLY)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, reader.rawValue, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, discard.rawValue, 1)
    var arguments = unsafe [strdup(path), nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let start = MonotonicClock.now
    let error = unsafe posix_spawn(&pid, path, &actions, nil, &arguments, &variables)
    guard error == 0 else { throw SystemError("start \(path)", Errno(rawValue: error)) }
    var status: Int32 = 0
    try systemCall("wait for \(path)") { unsafe waitpid(pid, &status, 0) }
    return (Double(MonotonicClock.now - start), status)
}
