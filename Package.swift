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
    .unsafeFlags(["-static-executable", "-lswiftSynchronization", "-Xlinker", "--entry=fairway_start"]),
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

/// The module maps carry no `link` lines, because those would autolink shared libraries into the static plugin.
let netlinkLibraries: [LinkerSetting] = [
    .linkedLibrary("nftnl"), .linkedLibrary("mnl"), .linkedLibrary("nl-route-3"), .linkedLibrary("nl-3"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings,
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
        .target(name: "CStartStandIn"),
        .target(name: "CMNLStandIn"),

        // values
        library("NetworkTypes"),
        library("KubeModel", ["NetworkTypes"]),
        library("CNIProtocol", ["NetworkTypes"]),

        // decisions: no I/O, no C, no clock
        library("Frontends", ["NetworkTypes", "KubeModel"]),
        library("HostIPAM", ["NetworkTypes", "CNIProtocol"]),
        library("Attachments", ["NetworkTypes"]),

        // kernel
        library("LinuxSystem", ["CLinux", "NetworkTypes"]),
        library("RouteNetlink", ["CNL", "CLinux", "LinuxSystem", "NetworkTypes"]),
        library("NFTables", ["CNFTNL", "CMNL", "LinuxSystem", "NetworkTypes"]),
        library("Conntrack", ["CMNL", "LinuxSystem", "NetworkTypes"]),

        // decisions in terms of NFTables' values
        library("ServiceTables", ["NetworkTypes", "NFTables", "Frontends"]),
        library("PodTables", ["Attachments", "NetworkTypes", "NFTables"]),

        // records of attachments, and the kernel's tables beside them
        library(
            "AttachmentStore", ["Attachments", "CNIProtocol", "LinuxSystem", "NFTables", "NetworkTypes", "PodTables"]),

        // sources
        library("ManifestSource", ["KubeModel", "LinuxSystem", yams, logging]),

        // programs
        library(
            "CNIPlugin",
            [
                "AttachmentStore", "Attachments", "CNIProtocol", "Conntrack", "HostIPAM", "LinuxSystem", "NFTables",
                "NetworkTypes",
                "PodTables", "RouteNetlink",
            ]),
        library(
            "ProxyDaemon",
            [
                "KubeModel", "LinuxSystem", "ManifestSource", "NFTables", "NetworkTypes", "Frontends",
                "ServiceTables", argumentParser, lifecycle, logging, signals,
            ]),
        library("Lab", ["CLinux", "LinuxSystem", "NetworkTypes", argumentParser]),
        .executableTarget(
            name: "fairway",
            dependencies: ["CNIPlugin", "CMNLStandIn", "CNLStandIn", "CStartStandIn", "CSwiftStandIn", "NFTables"],
            swiftSettings: settings,
            linkerSettings: staticPlugin),
        .executableTarget(
            name: "fairway-proxy", dependencies: ["ProxyDaemon", argumentParser], swiftSettings: settings,
            linkerSettings: staticStandardLibrary + [.linkedLibrary("nftnl"), .linkedLibrary("mnl")]),
        .executableTarget(
            name: "fairway-lab", dependencies: ["Lab"], swiftSettings: settings, linkerSettings: staticStandardLibrary),

        // benchmarks
        .target(name: "BareLoop", path: "benchmarks/BareLoop"),
        .executableTarget(
            name: "fairway-bench",
            dependencies: [
                "BareLoop", "Conntrack", "KubeModel", "Lab", "LinuxSystem", "ManifestSource", "NFTables",
                "NetworkTypes",
                "Frontends", "ServiceTables", argumentParser, logging,
            ], path: "benchmarks/Sources", swiftSettings: settings, linkerSettings: netlinkLibraries),

        // tests
        .target(
            name: "TestSupport", dependencies: ["LinuxSystem", "NFTables"], path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(name: "CMNLComparison", path: "Tests/CMNLComparison"),
        tests("CMNLStandInTests", ["CMNLComparison"]),
        tests(
            "CNIPluginTests",
            [
                "AttachmentStore", "Attachments", "CNIPlugin", "CNIProtocol", "HostIPAM", "LinuxSystem", "NFTables",
                "NetworkTypes",
                "PodTables", "RouteNetlink", "TestSupport",
            ]),
        tests("CNIProtocolTests", ["CNIProtocol", "NetworkTypes"]),
        tests("ConntrackTests", ["Conntrack", "LinuxSystem", "NFTables", "NetworkTypes", "TestSupport"]),
        tests("HostIPAMTests", ["CNIProtocol", "HostIPAM", "NetworkTypes"]),
        tests("NFTablesTests", ["LinuxSystem", "NFTables", "NetworkTypes", "TestSupport"]),
        tests("NetworkTypesTests", ["NetworkTypes"]),
        tests(
            "ProxyDaemonTests",
            ["LinuxSystem", "NFTables", "NetworkTypes", "ProxyDaemon", "ServiceTables", "TestSupport"]),
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
        tests("LinuxSystemTests", ["LinuxSystem", "TestSupport"]),
        tests("LabTests", ["Lab", "NetworkTypes"]),
        tests("EndToEndTests", ["Lab", "LinuxSystem", "NFTables", "NetworkTypes"]),
        tests("KubeModelTests", ["KubeModel", "NetworkTypes"], exclude: ["Fixtures"]),
        tests("ManifestSourceTests", ["KubeModel", "LinuxSystem", "ManifestSource", "NetworkTypes", logging]),
    ]
)
