import JSON
import LinuxSystem

/// A command line as people write it for kube-proxy, whose flags are Go's: `--name=value`, `--flag=true`, `-v=2`.
struct KubeProxyFlags {
    struct Given: Hashable {
        /// Without dashes.
        let name: String
        /// Nil where a switch has none.
        let value: String?
    }

    /// What the command's own options are read from.
    private(set) var arguments: [String] = []
    /// The same without what a configuration file says instead.
    private(set) var own: [String] = []
    /// The flags of kube-proxy's that were given, also those without an effect here, which are not among the arguments.
    private(set) var given: [Given] = []
    /// Those without an effect, each with the reason.
    private(set) var idle: [(flag: String, reason: String)] = []

    /// Flags of kube-proxy's that no field of its configuration stands for, and why they have no effect.
    private static let others: [String: String] = Dictionary(
        uniqueKeysWithValues: (switches.map { ($0, logging) } + valued.map { ($0, logging) })
            + [("cleanup-ipvs", "there is no ipvs mode"), ("windows-service", "it is for Windows")])
    private static let switches = [
        "add-dir-header", "alsologtostderr", "log-json-split-stream", "log-text-split-stream", "logtostderr",
        "one-output", "skip-headers", "skip-log-headers",
    ]
    private static let valued = [
        "log-backtrace-at", "log-dir", "log-file", "log-file-max-size", "log-json-info-buffer-size",
        "log-text-info-buffer-size", "stderrthreshold",
    ]
    private static let logging = "every line is written at once, to stderr"

    /// The process's own.
    static var ofProcess: KubeProxyFlags { KubeProxyFlags(Array(ProcessArguments.all.dropFirst())) }

    /// Those that count beside a configuration file, as kube-proxy has it.
    private static let besideFile: Set<String> = ["hostname-override", "logging-format", "v"]

    /// - Parameter arguments: without the program's name.
    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                self.arguments += [argument] + rest
                own += [argument] + rest
                return
            }
            let (name, inline) = Self.parts(argument)
            let field = name.flatMap { ConfigurationField.byFlag[$0] }
            guard let name, field != nil || Self.others[name] != nil else {
                self.arguments.append(argument)
                own.append(argument)
                continue
            }
            let isSwitch = field.map { $0.shape == .flag } ?? !Self.valued.contains(name)
            var value = inline
            if !isSwitch, value == nil { value = rest.popFirst() }
            given.append(Given(name: name, value: value))
            let before = self.arguments.count
            defer { if Self.besideFile.contains(name) { own += self.arguments[before...] } }
            if let reason = Self.reason(field, name) {
                idle.append(("--\(name)", reason))
            } else if isSwitch {
                // Go's `--flag=false` is as if it were not there.
                if Self.isTrue(value) {
                    self.arguments.append("--\(name)")
                } else if !Self.isFalse(value) {
                    self.arguments.append(argument)
                }
            } else {
                // What begins with a dash needs the =, and nothing cannot follow it.
                self.arguments += value == "" ? ["--\(name)", ""] : [value.map { "--\(name)=\($0)" } ?? "--\(name)"]
            }
        }
    }

    /// Those that a configuration file overrules.
    var overruled: [String] {
        given.map(\.name).filter { name in
            !Self.besideFile.contains(name) && ConfigurationField.byFlag[name]?.effect == .applies
        }
    }

    private static func reason(_ field: ConfigurationField?, _ name: String) -> String? {
        guard let field else { return others[name] }
        if case .none(let reason) = field.effect { return reason }
        return nil
    }

    /// The name and the value of what looks like a flag; kube-proxy has one short one, `-v`.
    private static func parts(_ argument: String) -> (name: String?, value: String?) {
        if argument.hasPrefix("--") {
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts.first.map(String.init), parts.count > 1 ? String(parts[1]) : nil)
        }
        guard argument.hasPrefix("-v") else { return (nil, nil) }
        let rest = argument.dropFirst(2)
        let value = rest.first == "=" ? rest.dropFirst() : rest
        return rest.isEmpty ? ("v", nil) : Int(value) == nil ? (nil, nil) : ("v", String(value))
    }

    /// `strconv.ParseBool`; a switch alone is true.
    static func isTrue(_ value: String?) -> Bool {
        value.map { ["1", "t", "T", "true", "TRUE", "True"].contains($0) } ?? true
    }

    static func isFalse(_ value: String?) -> Bool {
        value.map { ["0", "f", "F", "false", "FALSE", "False"].contains($0) } ?? false
    }
}

extension ConfigurationField {
    /// The value that a flag's text stands for.
    func value(ofFlag text: String?) -> JSONValue {
        switch shape {
        case .flag: .bool(KubeProxyFlags.isTrue(text))
        case .number: .number(text ?? "0")
        case .text, .duration: .string(text ?? "")
        case .texts: .array((text ?? "").split(separator: ",").map { .string(String($0)) })
        case .mapping: .object(Self.mapping(text ?? ""))
        }
    }

    /// The flag with a value as an argument; nil where there is no flag, or nothing to say.
    func argument(_ value: JSONValue) -> String? {
        guard let flag else { return nil }
        return switch value {
        case .null, .object: nil
        case .bool(let isOn): isOn ? "--\(flag)" : nil
        case .number(let digits): "--\(flag)=\(digits)"
        case .string(let text): "--\(flag)=\(text)"
        case .array(let values):
            "--\(flag)="
                + values.map { if case .string(let text) = $0 { text } else { "" } }.joined(separator: ",")
        }
    }

    /// `A=true,B=false`.
    private static func mapping(_ text: String) -> JSONObject {
        var object = JSONObject()
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if let name = parts.first { object.append(String(name), .bool(parts.count < 2 || parts[1] == "true")) }
        }
        return object
    }
}
