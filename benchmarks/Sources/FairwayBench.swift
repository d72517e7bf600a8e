import ArgumentParser

@main struct FairwayBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fairway-bench", abstract: "Measures Fairway beside what one could do at best.",
        subcommands: [Sync.self])

    struct Sync: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "First sync and one endpoint's change, from decoded objects to the kernel's acknowledgement.")

        @Option(help: "The numbers of Services to try.") var services: [Int] = [1000, 10000, 50000]
        @Option(help: "Endpoints of each Service.") var endpoints = 10
        @Option(help: "How many pairs of runs; half of that from 50000 Services on.") var pairs = 20

        func run() throws {
            for count in services {
                let pairs = count < 50000 ? pairs : max(pairs / 2, 1)
                try SyncBenchmark(services: count, endpoints: endpoints, pairs: pairs).run()
            }
        }
    }
}
