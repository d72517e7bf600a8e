// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(),
    // Types are put together by calls instead of from their mangled names, which the runtime would have to read and
    // check one after the other in each new process: a quarter of what the plugin computes.
    .unsafeFlags(["-Xfrontend", "-disable-concrete-type-metadata-mangled-name-accessors"]),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
]

/// The plugin is fully static: it starts in about a millisecond and runs on a host that has no libraries.
///
/// It reaches neither Foundation nor the concurrency runtime.
let staticPlugin: [LinkerSetting] = [
    .unsafeFlags(["-static-executable", "-lswiftSynchronization"]),
    .linkedLibrary("nftnl"), .linkedLibrary("nl-3"),
]

/// The other programs take Swift's own libraries with them, so that they run on a host without a Swift toolchain.
///
/// As with the plugin, the libraries that Foundation's own archives need have to be named; the order is the linker's.
let staticStandardLibrary: [LinkerSetting] = [
    .unsafeFlags([
        "-static-stdlib", "-lFoundation", "-lFoundationInternationalization", "-lFoundationEssentials",
        "-lCoreFoundation", "-l_FoundationCShims", "-l_FoundationCollections", "-l_FoundationICU",
        "-lswiftSynchronization", "-lswiftDispatch", "-ldispatch", "-lBlocksRuntime",
    ])
]

// What takes the place of parts of Swift's runtime holds for the version whose source it was written after. With any other,
// or where scripts/build.sh finds that those parts have other sizes than they had then, the plugin is built without.
#if compiler(>=6.3.1) && !compiler(>=6.3.2)
let standInFitsCompiler = true
#else
let standInFitsCompiler = false
#endif
let swiftStandIn: [Target.Dependency] =
    standInFitsCompiler && Context.environment["FAIRWAY_SWIFT_STAND_IN"] != "no" ? ["CSwiftStandIn"] : []

/// The module maps carry no `link` lines, because those would autolink shared libraries into the static plugin.
let netlinkLibraries: [LinkerSetting] = [
    .linkedLibrary("nftnl"), .linkedLibrary("mnl"), .linkedLibrary("nl-route-3"), .linkedLibrary("nl-3"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let nio = [
    Target.Dependency.product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let httpClient = [
    Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client"),
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// Tests are compiled as everything else: without optimization the compiler (6.3.1) makes wrong code of some of them.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude,
        swiftSettings: settings,
        linkerSettings: netlinkLibraries)
}

let package = Package(
    name: "fairway",
    products: [
        .executable(name: "fairway", targets: ["fairway"]),
        .executable(name: "fairway-proxy", targets: ["fairway-proxy"]),
        .executable(name: "fairway-lab", targets: ["fairway-lab"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C
        .systemLibrary(name: "CNFTNL", providers: [.apt(["libnftnl-dev"])]),
        .systemLibrary(name: "CMNL", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(
            name: "CNL", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-3-dev", "libnl-route-3-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CNLStandIn"),
        .target(name: "CSwiftStandIn"),
        .target(name: "CMNLStandIn"),

        // values
        library("NetworkTypes"),
        library("KubeModel", ["JSON", "NetworkTypes"]),
        library("JSON"),
        library("CNIProtocol", ["JSON", "NetworkTypes"]),

        // decisions: no I/O, no C, no clock
        library("Frontends", ["NetworkTypes", "KubeModel"]),
        library("Allocations", ["JSON", "KubeModel", "NetworkTypes"]),
        library("HostIPAM", ["CNIProtocol", "JSON", "NetworkTypes"]),
        library("Attachments", ["CNIProtocol", "NetworkTypes"]),
        library("AttachPlan", ["Attachments", "CNIProtocol", "HostIPAM", "JSON", "NetworkTypes"]),

        // kernel
        library("LinuxSystem", ["CLinux", "NetworkTypes"]),
        library("RouteNetlink", ["CNL", "CLinux", "LinuxSystem", "NetworkTypes"]),
        library("NFTables", ["CNFTNL", "CMNL", "LinuxSystem", "NetworkTypes"]),
        library("Conntrack", ["CMNL", "LinuxSystem", "NetworkTypes"]),

        // decisions in terms of NFTables' values
        library("ServiceTables", ["NetworkTypes", "NFTables", "Frontends"]),
        library("PodTables", ["Attachments", "NetworkTypes", "NFTables"]),

        // keepers
        library("TableKeeper", ["LinuxSystem", "NFTables"]),
        library(
            "AttachmentStore",
            ["Attachments", "JSON", "LinuxSystem", "NFTables", "NetworkTypes", "PodTables", "TableKeeper"]),
        library("LeaseStore", ["Attachments", "HostIPAM", "LinuxSystem", "NetworkTypes"]),

        // sources
        library("YAML", ["JSON", yams]),
        library("ManifestSource", ["JSON", "KubeModel", "LinuxSystem", "YAML", logging]),
        // Generated, so the settings are those that its generator writes for.
        .target(name: "KubeWire", dependencies: [protobuf], exclude: ["kubernetes.proto"]),
        library(
            "KubeClient",
            ["JSON", "KubeModel", "KubeWire", "LinuxSystem", "NetworkTypes", "YAML", logging, protobuf] + httpClient),

        // programs
        library("Daemons", ["JSON", "LinuxSystem", "NetworkTypes", logging] + nio),
        library(
            "CNIPlugin",
            [
                "AttachPlan", "AttachmentStore", "Attachments", "CNIProtocol", "Conntrack", "HostIPAM", "JSON",
                "LeaseStore", "LinuxSystem", "NFTables", "NetworkTypes", "PodTables", "RouteNetlink", "TableKeeper",
            ]),
        library(
            "ProxyDaemon",
            [
                "Allocations", "Conntrack", "Daemons", "JSON", "KubeClient", "KubeModel", "LinuxSystem",
                "ManifestSource", "NFTables", "NetworkTypes", "Frontends", "RouteNetlink", "ServiceTables",
                "TableKeeper", "YAML", argumentParser, lifecycle, logging, signals,
            ]),
        library("Lab", ["CLinux", "LinuxSystem", "NetworkTypes", argumentParser]),
        .executableTarget(
            name: "fairway",
            dependencies: ["CNIPlugin", "CMNLStandIn", "CNLStandIn", "NFTables"] + swiftStandIn,
            swiftSettings: settings,
            linkerSettings: staticPlugin),
        .executableTarget(
            name: "fairway-proxy", dependencies: ["ProxyDaemon", argumentParser], swiftSettings: settings,
            linkerSettings: staticStandardLibrary + [
                .linkedLibrary("nftnl"), .linkedLibrary("mnl"), .linkedLibrary("nl-3"),
            ]),
        .executableTarget(
            name: "fairway-lab", dependencies: ["Lab"], swiftSettings: settings, linkerSettings: staticStandardLibrary),

        // benchmarks
        .target(name: "BareLoop", path: "benchmarks/BareLoop"),
        .executableTarget(
            name: "fairway-bench",
            dependencies: [
                "BareLoop", "Conntrack", "KubeModel", "KubeWire", "Lab", "LinuxSystem", "ManifestSource", "NFTables",
                "NetworkTypes", "ProxyDaemon", "Frontends", "ServiceTables", "TableKeeper", "TestAPIServer",
                "TestSupport", argumentParser, logging, protobuf,
            ], path: "benchmarks/Sources", swiftSettings: settings, linkerSettings: netlinkLibraries),

        // tests
        .target(
            name: "TestSupport", dependencies: ["LinuxSystem", "NFTables", "TableKeeper", logging],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(
            name: "TestAPIServer", dependencies: ["TestSupport"] + httpClient.dropFirst(), path: "Tests/TestAPIServer",
            swiftSettings: settings),
        .target(name: "CMNLComparison", path: "Tests/CMNLComparison"),
        tests("CMNLStandInTests", ["CMNLComparison"]),
        tests(
            "CNIPluginTests",
            [
                "AttachPlan", "AttachmentStore", "Attachments", "CNIPlugin", "CNIProtocol", "HostIPAM", "JSON",
                "LinuxSystem", "NFTables", "NetworkTypes", "PodTables", "RouteNetlink", "TestSupport",
            ]),
        tests("JSONTests", ["JSON"]),
        tests("CNIProtocolTests", ["CNIProtocol", "JSON", "NetworkTypes"]),
        tests("AttachmentsTests", ["Attachments", "CNIProtocol", "NetworkTypes"]),
        tests("AttachPlanTests", ["AttachPlan", "Attachments", "CNIProtocol", "HostIPAM", "NetworkTypes"]),
        tests("DaemonsTests", ["Daemons", "LinuxSystem", "NetworkTypes", "TestSupport", logging] + nio),
        tests("ConntrackTests", ["Conntrack", "LinuxSystem", "NFTables", "NetworkTypes", "TestSupport"]),
        tests("HostIPAMTests", ["CNIProtocol", "HostIPAM", "JSON", "NetworkTypes"]),
        tests("NFTablesTests", ["LinuxSystem", "NFTables", "NetworkTypes", "TestSupport"]),
        tests("NetworkTypesTests", ["NetworkTypes"]),
        tests(
            "ProxyDaemonTests",
            [
                "Daemons", "Frontends", "KubeModel", "LinuxSystem", "ManifestSource", "NFTables", "NetworkTypes",
                "ProxyDaemon", "ServiceTables", "TableKeeper", "TestAPIServer", "TestSupport", logging,
            ], exclude: ["ask.py"]),
        tests("AllocationsTests", ["Allocations", "JSON", "KubeModel", "NetworkTypes", "TestSupport"]),
        tests("RouteNetlinkTests", ["LinuxSystem", "NetworkTypes", "RouteNetlink", "TestSupport"]),
        tests("FrontendsTests", ["KubeModel", "NetworkTypes", "Frontends"]),
        tests(
            "ServiceTablesTests",
            ["KubeModel", "LinuxSystem", "NFTables", "NetworkTypes", "Frontends", "ServiceTables", "TestSupport"]),
        tests(
            "PodTablesTests", ["Attachments", "LinuxSystem", "NFTables", "NetworkTypes", "PodTables", "TestSupport"]),
        tests(
            "AttachmentStoreTests",
            ["AttachmentStore", "Attachments", "LinuxSystem", "NFTables", "NetworkTypes", "PodTables", "TestSupport"]),
        tests("TableKeeperTests", ["LinuxSystem", "NFTables", "NetworkTypes", "TableKeeper", "TestSupport"]),
        tests("LinuxSystemTests", ["LinuxSystem", "TestSupport"]),
        tests("LabTests", ["Lab", "NetworkTypes"]),
        tests(
            "EndToEndTests", ["Lab", "LinuxSystem", "NFTables", "NetworkTypes", "TestAPIServer", "TestSupport"],
            exclude: ["stray-segment.py", "udp-flows.py"]),
        tests(
            "UpgradeTests", ["LinuxSystem", "NFTables", "TestSupport"],
            exclude: ["Fixtures", "flows.py", "make-fixtures.sh"]),
        tests(
            "ScenarioTests", ["LinuxSystem", "NetworkTypes", "TestAPIServer", "TestSupport"],
            exclude: ["Fixtures", "probe.py", "make-fixtures.py"]),
        tests("KubeModelTests", ["JSON", "KubeModel", "NetworkTypes"], exclude: ["Fixtures"]),
        tests(
            "KubeClientTests",
            [
                "JSON", "KubeClient", "KubeModel", "LinuxSystem", "NetworkTypes", "TestAPIServer", "TestSupport",
                logging,
            ],
            exclude: ["Fixtures"]),
        tests("YAMLTests", ["JSON", "TestSupport", "YAML"]),
        tests(
            "ManifestSourceTests",
            ["JSON", "KubeModel", "LinuxSystem", "ManifestSource", "NetworkTypes", "TestSupport", "YAML", logging]),
    ]
)
