import ArgumentParser
import Glibc
import LinuxSystem

@main struct FairwayBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fairway-bench", abstract: "Measures Fairway beside what one could do at best.",
        subcommands: [
            Sync.self, Steps.self, Changes.self, Files.self, Daemon.self, Cluster.self, Latency.self, Flows.self,
            Plugin.self,
            Plots.self,
        ])

    struct Sync: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "First sync, from decoded objects to the kernel's acknowledgement.")

        @Option(parsing: .upToNextOption, help: "The numbers of Services to try.") var services: [Int] = [
            1000, 10000, 50000,
        ]
        @Option(help: "Endpoints of each Service.") var endpoints = 10
        @Option(help: "What kinds of Services.") var mix = Workload.Mix.clusterIP
        @Option(help: "How many pairs of runs; half of that from 50000 Services on.") var pairs = 20

        func run() throws {
            for count in services {
                let pairs = count < 50000 ? pairs : max(pairs / 2, 1)
                let workload = Workload(services: count, endpoints: endpoints, mix: mix)
                try SyncBenchmark(workload: workload, pairs: pairs).run()
            }
        }
    }

    struct Steps: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes of one Service after a first sync, from decoded objects to the kernel's acknowledgement."
        )

        @Option(parsing: .upToNextOption, help: "The numbers of Services to try.") var services: [Int] = [
            100, 1000, 10000, 50000, 200_000,
        ]
        @Option(help: "Endpoints of each Service.") var endpoints = 10
        @Option(help: "What kinds of Services.") var mix = Workload.Mix.clusterIP
        @Option(parsing: .upToNextOption, help: "What happens to a Service.") var steps = Workload.Step.allCases
        @Option(help: "How often it happens, each time to another Service.") var rounds = 1000
        @Option(help: "How many pairs of runs.") var pairs = 5

        func run() throws {
            for count in services {
                let workload = Workload(services: count, endpoints: endpoints, mix: mix)
                try StepBenchmark(workload: workload, steps: steps, rounds: rounds, pairs: pairs).run()
            }
        }
    }

    struct Changes: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes of one endpoint after a first sync, for benchmarks/instructions.sh to count.")

        @Option(help: "The number of Services.") var services = 10000
        @Option(help: "Endpoints of each Service.") var endpoints = 10
        @Option(help: "How many changes, 2000 at most.") var changes = 1000

        func run() throws {
            try ChangeBenchmark(workload: Workload(services: services, endpoints: endpoints), changes: changes).run()
        }
    }

    struct Files: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The same from files, one object a file, to the kernel's acknowledgement.")

        @Option(parsing: .upToNextOption, help: "The numbers of Services to try.")
        var services: [Int] = [1000, 10000, 50000]
        @Option(help: "Endpoints of each Service.") var endpoints = 10
        @Option(help: "How many files to change.") var changes = 500
        @Option(help: "How the files are written.") var format = FileFormat.json

        func run() throws {
            for count in services {
                try FileBenchmark(services: count, endpoints: endpoints, changes: changes, format: format).run()
            }
        }
    }

    struct Daemon: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The real daemon's memory, and its processor time while endpoints change.")

        @Option(help: "The number of Services.") var services = 10000
        @Option(help: "Endpoints of each Service.") var endpoints = 10
        @Option(help: "Endpoint changes a second.") var rate = 100
        @Option(help: "For how many seconds they change.") var seconds = 60

        func run() throws {
            try DaemonBenchmark(services: services, endpoints: endpoints, rate: rate, seconds: seconds).run()
        }
    }

    struct Cluster: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The real daemon beside an API server: its start, changes, memory and processor time.")

        @Option(help: "The number of Services.") var services = 10000
        @Option(help: "Endpoints of each Service.") var endpoints = 10
        @Option(help: "How many changes are timed.") var changes = 500
        @Option(parsing: .upToNextOption, help: "Changes a second that the processor's time is measured at.")
        var rates = [20, 1000]
        @Option(help: "For how many seconds.") var seconds = 30
        @Option(help: "The daemon's program.") var program = "dist/fairway-proxy"

        func run() async throws {
            try await ClusterBenchmark(
                services: services, endpoints: endpoints, changes: changes, rates: rates, seconds: seconds,
                program: program
            ).run()
        }
    }

    struct Latency: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "New connections through a cluster IP, beside connections straight to the pod.")

        @Option(help: "How many pairs of runs for each row.") var pairs = 20
        @Option(help: "Connections of one side of a pair.") var connections = 400
        @Option(parsing: .upToNextOption, help: "The numbers of Services to try, with 5 endpoints.")
        var services: [Int] = [10, 1000, 10000, 50000]
        @Option(parsing: .upToNextOption, help: "The numbers of endpoints to try, with 10 Services.")
        var endpoints: [Int] = [50, 500, 5000]

        func run() throws {
            let settings =
                services.map { LatencyBenchmark.Setting(services: $0, endpoints: 5, isSticky: false) }
                + endpoints.map { LatencyBenchmark.Setting(services: 10, endpoints: $0, isSticky: false) }
                + [LatencyBenchmark.Setting(services: 10, endpoints: 5, isSticky: true)]
            try LatencyBenchmark(settings: settings, pairs: pairs, connections: connections).run()
        }
    }

    struct Flows: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Round trips and throughput through Services, beside flows straight to the pod.")

        @Option(help: "The program at both ends, which benchmarks/run.sh compiles.")
        var program = "dist/fairway-traffic"
        @Option(help: "How many pairs of runs for each row.") var pairs = 20
        @Option(help: "Round trips of one run.") var trips = 4000
        @Option(help: "For how many milliseconds a run sends as much as it can.") var milliseconds = 200

        func run() throws {
            try FlowBenchmark(program: program, pairs: pairs, trips: trips, milliseconds: milliseconds).run()
        }
    }

    struct Plots: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draws the rows that FAIRWAY_BENCH_JSON has collected, as SVG.")

        @Argument(help: "The file of rows.") var rows: String
        @Argument(help: "The folder for the drawings.") var folder: String

        func run() throws {
            for (name, plot) in Plot.all(try Row.read(rows)) {
                let file = try FileDescriptor.open("\(folder)/\(name).svg", O_CREAT | O_WRONLY | O_TRUNC)
                try file.writeAll(plot.svg.utf8)
            }
        }
    }

    struct Plugin: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "ADD and DEL of pods, whole process as a runtime sees it, beside another bridge plugin.")

        @Option(help: "Fairway's plugin.") var fairway = "dist/fairway"
        @Option(help: "The folder with the bridge and host-local plugins to compare with.")
        var upstream = "/usr/lib/cni"
        @Option(help: "The floor program, which benchmarks/run.sh compiles.") var floor = "dist/fairway-floor"
        @Option(help: "How many pods each makes.") var pods = 100

        func run() throws {
            try PluginBenchmark(fairway: fairway, upstream: upstream, floor: floor, pods: pods).run()
        }
    }
}
