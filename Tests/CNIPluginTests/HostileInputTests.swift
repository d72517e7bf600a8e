import AttachPlan
import Attachments
import CNIPlugin
import CNIProtocol
import HostIPAM
import JSON
import LinuxSystem
import NetworkTypes
import Testing

@Suite struct HostileInputTests {
    /// Reads everything that a configuration may hold, as the verbs do.
    private func readEverything(_ bytes: [UInt8]) throws(CNIError) {
        let network = try NetworkConfiguration(parsing: bytes)
        _ = try? network.validAttachments()
        if let previous = try? network.previousResult() {
            for version in SpecVersion.allCases {
                guard let written = try? previous.json(version) else { continue }
                // What is written can be read again, and says the same.
                let again = try AddResult(output: Array(written.serialized.utf8), version: version)
                #expect(try again.json(version) == written)
            }
        }
        _ = try? PortMapOptions(network.root)
        _ = try? HostPort.list(network.root)
        _ = try? BandwidthLimits(network.root)
        for personality in Personality.allCases {
            let configuration = try? PluginConfiguration(network, personality, arguments: [:])
            guard let ipam = configuration?.addressSource.builtIn else { continue }
            for set in ipam.rangeSets {
                _ = set.nextFree(after: nil, leased: LeasedAddresses(), excluding: ipam.excluded)
            }
        }
        _ = try PluginConfiguration(network, arguments: [:])
    }

    @Test("Thousands of damaged configurations give a value or an error of the specification, never a trap")
    func configurations() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        for number in 0..<4000 {
            let item = FuzzGenerator.make(seed: seed, number: number)
            do throws(CNIError) {
                try readEverything(item.input)
            } catch {
                #expect([1, 2, 5, 6, 7].contains(error.code.rawValue), "seed \(seed), case \(number): \(error)")
            }
            _ = NetworkConfiguration.answeringVersion(for: item.input)
            _ = VersionResult.json(for: item.input)
        }
    }

    @Test("Thousands of damaged lists are carried over to fairway or refused, never a trap")
    func migration() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let lists = [MigrateTests.podman, MigrateTests.containerd, MigrateTests.kubenet]
        for number in 0..<3000 {
            var generator = FuzzGenerator(seed: seed, number: number)
            guard let value = try? JSONValue(parsing: generator.damaged(lists[number % lists.count])) else { continue }
            do throws(CNIError) {
                let migrated = try MigratedConfiguration(value)
                // Keys match in any case, and stay as they are written.
                let text = migrated.list.serialized.lowercased()
                #expect(text.contains(#""type":"fairway""#), "seed \(seed), case \(number)")
            } catch {
                #expect([1, 7].contains(error.code.rawValue), "seed \(seed), case \(number): \(error)")
            }
        }
    }

    @Test("The same seed and number make the same case")
    func reproducible() {
        let inputs = [7, 7, 8].map { seed in (0..<50).map { FuzzGenerator.make(seed: seed, number: $0) } }
        #expect(inputs[0].map(\.input) == inputs[1].map(\.input))
        #expect(inputs[0].map { $0.variables.map(\.value) } == inputs[1].map { $0.variables.map(\.value) })
        #expect(inputs[0].map(\.input) != inputs[2].map(\.input))
    }
}
