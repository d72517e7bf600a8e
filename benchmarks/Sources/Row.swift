import FoundationEssentials
import Glibc
import LinuxSystem

/// One row of a benchmark, as a line of JSON for whoever compares runs or draws them.
struct Row: Codable {
    let benchmark: String
    /// What is measured, such as `endpoint-replaced`.
    let row: String
    let services: Int
    let endpoints: Int
    var mix = Workload.Mix.clusterIP.rawValue
    /// Times in nanoseconds by who took them (`fairway p50`); ratios by what they are to (`to replay`).
    let values: [String: Double]

    /// Appends it to the file that `FAIRWAY_BENCH_JSON` names; nothing happens where that is not set.
    func write() throws {
        guard let path = ProcessInfo.processInfo.environment["FAIRWAY_BENCH_JSON"] else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let line = try encoder.encode(self) + Data("\n".utf8)
        try FileDescriptor.open(path, O_CREAT | O_WRONLY | O_APPEND).writeAll(line)
    }

    /// The rows of such a file.
    static func read(_ path: String) throws -> [Row] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            try JSONDecoder().decode(Row.self, from: Data(line.utf8))
        }
    }
}

extension Row {
    /// A row of a workload.
    init(_ benchmark: String, _ row: String, _ workload: Workload, _ values: [String: Double]) {
        self.init(
            benchmark: benchmark, row: row, services: workload.services, endpoints: workload.endpoints,
            mix: workload.mix.rawValue, values: values)
    }
}
