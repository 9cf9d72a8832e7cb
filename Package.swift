// swift-tools-version: 6.2
import Foundation
import PackageDescription

// MARK: Settings

// The engine, opened by the host alone. LIBTORCH=/path/to/torch chooses another than the one `make setup` installs.
let torch = Context.environment["LIBTORCH"] ?? Context.packageDirectory + "/.venv/torch"

// Set in CI: a warning in one of our own targets is an error there. Dependencies are not touched.
let strict = Context.environment["ZOO_STRICT"] == "1"
let cxx: [CXXSetting] = [.enableWarning("all")] + (strict ? [.treatAllWarnings(as: .error)] : [])
// SwiftPM hands CZooPlugin's module map to C++20, which would then want a module built, and fail.
let hiddenCxx: [CXXSetting] = [.unsafeFlags(["-fvisibility=hidden", "-fvisibility-inlines-hidden", "-fno-cxx-modules"])]
let swift: [SwiftSetting] =
    [
        .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("ExistentialAny"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

// The last two layers wait for all others, and nothing in them is hot: they read arguments, word, and fill in templates. Nor is anything
// in most tests. Without optimisation they compile in a third to a half of the time.
let unoptimised: [SwiftSetting] = swift + [.unsafeFlags(["-Onone"])]
// Nobody waits for the interface of a test's module, and a job of its own for it would read all sources twice.
let ofTests: [SwiftSetting] = unoptimised + [.unsafeFlags(["-no-emit-module-separately-wmo"])]

let engineFolders = ["boundary", "common", "convolution", "formats", "normalisation", "warp"]
let engine: [CXXSetting] =
    cxx + hiddenCxx + engineFolders.map { .headerSearchPath($0) }
    + [.unsafeFlags(["-isystem", torch + "/include", "-isystem", torch + "/include/torch/csrc/api/include"])]
let engineLibraries: [LinkerSetting] = [
    .unsafeFlags(["-L", torch + "/lib", "-Xlinker", "-rpath", "-Xlinker", torch + "/lib"]),
    .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
]

// A plugin exports its entry symbol alone, and a symbol it lacks fails the build, not the load.
let pluginLinking: [LinkerSetting] = [
    .unsafeFlags([
        "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/CZooPlugin/plugin.map",
        "-Xlinker", "--gc-sections", "-Xlinker", "-z", "-Xlinker", "defs",
    ])
]

// Under libFuzzer what reads files in C is instrumented as the Swift code is: see `make fuzz`.
let isFuzzed = Context.environment["ZOO_FUZZ"] == "1"
let reading: [CSetting] = isFuzzed ? [.unsafeFlags(["-fsanitize=fuzzer-no-link,address", "-g"])] : []

// MARK: Kinds of targets

/// A layer of the zoo, in Sources/.
func layer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

/// Tests of a target, in Tests/<Target>Tests.
///
/// - Parameter computing: whether they compute references of their own, number by number.
func tests(_ target: String, _ dependencies: [Target.Dependency], exclude: [String] = [], computing: Bool = false) -> Target {
    .testTarget(
        name: "\(target)Tests", dependencies: dependencies + ["TestSupport"], exclude: exclude,
        swiftSettings: computing ? swift : ofTests)
}

/// A plugin, in Plugins/: in Swift it sees ZooKit; in C and C++ zoo_plugin.h or zoo_plugin.hpp, and nothing else of the zoo.
func plugin(_ name: String) -> Target {
    let path = "Plugins/\(name)"
    guard files(path).contains(where: { $0.hasSuffix(".swift") }) else {
        return .target(
            name: name, dependencies: ["CZooPlugin"], path: path, publicHeadersPath: ".", cxxSettings: cxx + hiddenCxx,
            linkerSettings: pluginLinking + [.linkedLibrary("m")])
    }
    return .target(name: name, dependencies: ["ZooKit"], path: path, swiftSettings: swift, linkerSettings: pluginLinking)
}

/// What a folder holds. SwiftPM looks again when Package.swift or the environment changes: the Makefile passes the folders' names.
func files(_ folder: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(Context.packageDirectory)/\(folder)")
    return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
}

// One folder under Plugins/, one shared library. Nothing in Sources/ names them.
let plugins = files("Plugins")

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

// MARK: The house

// The system's libraries, and what is not Swift.
let foundations: [Target] = [
    .systemLibrary(name: "CLtdl", providers: [.apt(["libltdl-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    // glibc's own counters, which its Swift module leaves out.
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
    // apt: libpng-dev libjpeg-dev libtiff-dev libwebp-dev libgif-dev. One library for each format, the same that Pillow and
    // browsers use: those that read all of them (libvips, ImageMagick, OpenImageIO) bring 60 to 140 packages on Debian 12.
    .target(
        name: "CImage", cSettings: reading, linkerSettings: ["png", "jpeg", "tiff", "webp", "webpdemux", "gif"].map { .linkedLibrary($0) }),
    // apt: libcurl4-openssl-dev, for its header; the library is loaded when something is downloaded.
    .target(name: "CTransfer", cSettings: reading),
    // apt: libmicrohttpd-dev, for its header; the library is loaded when a server starts.
    .target(name: "CServer"),
    .target(name: "CZooPlugin", exclude: ["plugin.map"], cSettings: reading),
    .target(name: "CEngine", dependencies: ["CZooPlugin"]),
    .target(name: "CTorch", dependencies: ["CEngine", "CZooPlugin"], cxxSettings: engine, linkerSettings: engineLibraries),
]

// The lowest first: a layer builds on those above it in this list, never on one below. docs/architecture.md draws it.
let layers: [Target] = [
    layer("ZooKit", ["CZooPlugin"]),
    layer("ZooCore", ["CCrypto"]),
    layer("ZooTransfer", ["ZooCore", "CTransfer"]),
    layer("ZooStatistics", ["ZooCore"]),
    layer("ZooManifest", ["ZooCore", "ZooKit"]),
    layer("ZooModelFiles", ["ZooCore", "ZooKit"]),
    .target(
        name: "ZooData", dependencies: ["ZooTransfer", "ZooManifest", "ZooCore", "ZooKit", "CArchive", "CZlib", "CImage"],
        // Part of the program, so that its data sets are known wherever it runs.
        resources: [.embedInCode("datasets.json")], swiftSettings: swift),
    // apt: libsqlite3-dev
    layer("ZooStore", ["ZooCore", "CZlib", database]),
    layer("ZooTrackers", ["ZooStore", "ZooTransfer", "ZooCore"]),
    layer("ZooPlugins", ["ZooCore", "ZooKit", "CZooPlugin", "CLtdl"]),
    layer("ZooHost", ["ZooPlugins", "ZooManifest", "ZooCore", "ZooKit", "CZooPlugin", "CEngine", logging]),
    layer("ZooCheck", ["ZooHost", "ZooPlugins", "ZooManifest", "ZooCore", "ZooKit", "CZooPlugin", "CMalloc"]),
    layer("ZooExchange", ["ZooHost", "ZooPlugins", "ZooData", "ZooModelFiles", "ZooManifest", "ZooCore", "ZooKit"]),
    layer(
        "ZooProbes",
        ["ZooHost", "ZooPlugins", "ZooData", "ZooStore", "ZooModelFiles", "ZooStatistics", "ZooManifest", "ZooCore", "ZooKit"]),
    layer(
        "ZooTraining",
        ["ZooProbes", "ZooHost", "ZooPlugins", "ZooData", "ZooStore", "ZooModelFiles", "ZooManifest", "ZooCore", "ZooKit"]),
    layer(
        "ZooJobs",
        [
            "ZooTraining", "ZooProbes", "ZooHost", "ZooPlugins", "ZooData", "ZooStore", "ZooModelFiles", "ZooStatistics", "ZooManifest",
            "ZooCore", "ZooKit", logging,
        ]),
    layer("ZooCluster", ["ZooJobs", "ZooTraining", "ZooStore", "ZooCore"]),
    layer(
        "ZooReport",
        [
            "ZooJobs", "ZooTraining", "ZooProbes", "ZooCheck", "ZooHost", "ZooPlugins", "ZooData", "ZooStore", "ZooModelFiles",
            "ZooStatistics", "ZooManifest", "ZooCore", "ZooKit",
        ]),
    .target(
        name: "ZooPages",
        dependencies: [
            "ZooReport", "ZooJobs", "ZooTraining", "ZooProbes", "ZooHost", "ZooPlugins", "ZooData", "ZooStore", "ZooModelFiles",
            "ZooStatistics", "ZooManifest", "ZooCore", "ZooKit", .product(name: "Mustache", package: "swift-mustache"),
        ],
        // Part of the program, so that it writes pages wherever it runs.
        resources: [.embedInCode("Resources")], swiftSettings: unoptimised),
    .target(
        name: "ZooServe",
        dependencies: [
            "ZooPages", "ZooReport", "ZooJobs", "ZooTraining", "ZooHost", "ZooData", "ZooStore", "ZooStatistics", "ZooManifest", "ZooCore",
            "CServer",
        ],
        // Part of the program, so that it serves pages wherever it runs.
        resources: [.embedInCode("Resources")], swiftSettings: unoptimised),
    .executableTarget(
        name: "zoo",
        dependencies: [
            "ZooServe", "ZooPages", "ZooReport", "ZooCluster", "ZooJobs", "ZooTraining", "ZooProbes", "ZooExchange", "ZooCheck", "ZooHost",
            "ZooPlugins", "ZooTrackers", "ZooData", "ZooStore", "ZooStatistics", "ZooManifest", "ZooCore", "ZooKit", logging,
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: unoptimised),
]

let testTargets: [Target] = [
    .target(
        name: "TestSupport", dependencies: ["ZooHost", "ZooPlugins", "ZooManifest", "ZooModelFiles", "ZooData", "ZooCore", "ZooKit"],
        path: "Tests/TestSupport", swiftSettings: swift),
    .target(
        name: "FuzzReaders", dependencies: ["ZooPlugins", "ZooManifest", "ZooModelFiles", "ZooData", "ZooCore"], path: "Fuzz/Readers",
        swiftSettings: swift),
    tests("Fuzz", ["FuzzReaders", "ZooData", "ZooCore"]),
    tests("ZooKit", ["ZooKit", "ZooHost", "ZooModelFiles", "ZooCore"], computing: true),
    tests("ZooCore", ["ZooCore"]),
    tests("ZooStatistics", ["ZooStatistics", "ZooCore"], computing: true),
    tests("ZooManifest", ["ZooManifest", "ZooHost", "ZooPlugins", "ZooCore", "ZooKit"]),
    tests("ZooModelFiles", ["ZooModelFiles", "ZooCore"]),
    tests("ZooData", ["ZooData", "ZooManifest", "ZooCore", "ZooKit", "ZooHost", "CArchive"]),
    tests("ZooStore", ["ZooStore", "ZooCore", database]),
    tests("ZooTrackers", ["ZooTrackers", "ZooStore", "ZooCore"]),
    tests("ZooPlugins", ["ZooPlugins", "ZooCore"]),
    tests("ZooHost", ["ZooHost", "ZooPlugins", "ZooManifest", "ZooModelFiles", "ZooCore", "ZooKit", "ZooCheck"]),
    tests("ZooProbes", ["ZooProbes", "ZooHost", "ZooPlugins", "ZooData", "ZooStore", "ZooModelFiles", "ZooManifest", "ZooCore", "ZooKit"]),
    tests("ZooTraining", ["ZooTraining", "ZooHost", "ZooData", "ZooManifest", "ZooCore", "ZooKit"]),
    tests(
        "ZooJobs",
        [
            "ZooJobs", "ZooTraining", "ZooProbes", "ZooStatistics", "ZooHost", "ZooPlugins", "ZooData", "ZooStore", "ZooModelFiles",
            "ZooManifest", "ZooCore", "ZooKit",
        ]),
    tests("ZooCluster", ["ZooCluster", "ZooJobs", "ZooTraining", "ZooStore", "ZooCore"]),
    tests("ZooReport", ["ZooReport", "ZooProbes", "ZooStore", "ZooStatistics", "ZooData", "ZooManifest", "ZooCore"]),
    tests("ZooPages", ["ZooPages", "ZooReport", "ZooStore", "ZooStatistics", "ZooManifest", "ZooCore"]),
    tests("zoo", ["ZooStore", "ZooModelFiles", "ZooManifest", "ZooCore", database], exclude: ["Snapshots"]),
    // Of each plugin in a folder of its name; what concerns several beside these folders.
    tests("Plugin", ["ZooHost", "ZooPlugins", "ZooManifest", "ZooModelFiles", "ZooCore", "ZooKit"], computing: true),
]

// Readers of files under libFuzzer, which takes a build of its own: `make fuzz`.
let fuzzers: [Target] = [
    .target(name: "CFuzzDriver", path: "Fuzz/Driver"),
    .executableTarget(
        name: "zoo-fuzz", dependencies: ["FuzzReaders", "CFuzzDriver"], path: "Fuzz/Program",
        swiftSettings: swift + [.unsafeFlags(["-parse-as-library"])]),
]

let package = Package(
    name: "stn-zoo",
    products: [
        .executable(name: "zoo", targets: ["zoo"]),
        .library(name: "ZooKit", targets: ["ZooKit"]),
        // The engine, opened by the host when it is needed: see ZooHost/EngineLibrary.swift.
        .library(name: "CTorch", type: .dynamic, targets: ["CTorch"]),
    ] + plugins.map { .library(name: $0, type: .dynamic, targets: [$0]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    ],
    targets: foundations + layers + testTargets + plugins.map(plugin)
        + (isFuzzed ? fuzzers : []),
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c99,
    cxxLanguageStandard: .cxx20
)
