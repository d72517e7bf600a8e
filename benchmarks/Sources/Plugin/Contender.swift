import Glibc
import LinuxSystem

/// A way to wire a pod: plugins that run one after the other, as a runtime runs a configuration list.
struct Contender: Sendable {
    struct Step: Sendable {
        let binary: String
        /// A JSON object.
        let configuration: String
    }

    let name: String
    let steps: [Step]
    /// CNI_PATH.
    let pluginPath: String

    /// What one ADD or DEL of the whole list took.
    struct Outcome: Sendable {
        let nanoseconds: Double
        /// The last plugin's result, as JSON.
        let result: String
    }

    func add(pod: String, namespace: String, on host: borrowing NetworkNamespace) throws -> Outcome {
        var time = 0.0
        var result = ""
        for step in steps {
            let run = try execute("ADD", step, pod: pod, namespace: namespace, previous: result, on: host)
            time += run.nanoseconds
            result = run.output
        }
        return Outcome(nanoseconds: time, result: result)
    }

    /// Runs DEL through the list backwards.
    ///
    /// - Parameter result: that of the ADD.
    func delete(pod: String, namespace: String, result: String, on host: borrowing NetworkNamespace) throws -> Double {
        var time = 0.0
        for step in steps.reversed() {
            time += try execute("DEL", step, pod: pod, namespace: namespace, previous: result, on: host).nanoseconds
        }
        return time
    }

    /// Runs STATUS of the first plugin; nanoseconds.
    func status(on host: borrowing NetworkNamespace) throws -> Double {
        let step = Step(
            binary: steps[0].binary,
            configuration: steps[0].configuration.replacing(
                "\"cniVersion\":\"1.0.0\"", with: "\"cniVersion\":\"1.1.0\""))
        return try execute("STATUS", step, pod: "", namespace: "", previous: "", on: host).nanoseconds
    }

    private func execute(
        _ command: String, _ step: Step, pod: String, namespace: String, previous: String,
        on host: borrowing NetworkNamespace
    ) throws -> TimedRun {
        let environment = [
            "CNI_COMMAND=\(command)", "CNI_CONTAINERID=\(pod)", "CNI_NETNS=\(namespace)", "CNI_IFNAME=eth0",
            "CNI_PATH=\(pluginPath)", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        let input =
            previous.isEmpty ? step.configuration : step.configuration.dropLast() + ",\"prevResult\":\(previous)}"
        let run = try host.perform { () throws(SystemError) in
            try TimedRun(step.binary, environment: environment, input: input)
        }
        guard run.status == 0 else {
            throw SystemError("\(name) \(command) \(pod): \(step.binary): \(run.output)", .invalid)
        }
        return run
    }
}
