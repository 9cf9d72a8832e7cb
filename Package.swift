// swift-tools-version: 6.2
import PackageDescription

// One folder under Plugins/, one shared library. Nothing in Sources/ names them.
let plugins = [
    "BaselineCNN", "Extractors", "ICSTN", "Localization", "LocalizationLarge", "Oracle", "Polar", "RotationGroupCNN",
    "STNDeep", "STNFeatureMap", "STNInput", "STNShared", "TestTimeAugmentation", "TorchModel", "Warps",
]

/// Those in C and C++: they see zoo_plugin.h, or zoo_plugin.hpp, and nothing else of the zoo.
let foreignPlugins = ["Attention", "SqueezeExcite"]

// The engine, opened by the host alone. LIBTORCH=/path/to/torch chooses another than the one `make setup` installs.
let torch = Context.environment["LIBTORCH"] ?? Context.packageDirectory + "/.venv/torch"

// Set in CI: a warning in one of our own targets is an error there. Dependencies are not touched.
let strict = Context.environment["ZOO_STRICT"] == "1"
let cxx: [CXXSetting] = [.enableWarning("all")] + (strict ? [.treatAllWarnings(as: .error)] : [])
let engine: [CXXSetting] =
    cxx + [
        .unsafeFlags([
            "-isystem", torch + "/include", "-isystem", torch + "/include/torch/csrc/api/include",
            "-fvisibility=hidden", "-fvisibility-inlines-hidden",
            // SwiftPM hands CZooPlugin's module map to C++20, which would then want a module built, and fail.
            "-fno-cxx-modules",
        ])
    ]
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

let swift: [SwiftSetting] =
    [
        .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("ExistentialAny"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

/// Tests of a target, in Tests/<Target>Tests.
func tests(_ target: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(target)Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: swift)
}

let package = Package(
    name: "stn-zoo",
    products: [
        .executable(name: "zoo", targets: ["zoo"]),
        .library(name: "ZooKit", targets: ["ZooKit"]),
        // The engine, opened by the host when it is needed: see ZooHost/EngineLibrary.swift.
        .library(name: "CTorch", type: .dynamic, targets: ["CTorch"]),
    ] + (plugins + foreignPlugins).map { .library(name: $0, type: .dynamic, targets: [$0]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CLtdl", providers: [.apt(["libltdl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
        // glibc's own counters, which its Swift module leaves out.
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CZooPlugin", exclude: ["plugin.map"]),
        .target(name: "CEngine", dependencies: ["CZooPlugin"]),
        .target(name: "CTorch", dependencies: ["CEngine", "CZooPlugin"], cxxSettings: engine, linkerSettings: engineLibraries),
        .target(name: "ZooKit", dependencies: ["CZooPlugin"], swiftSettings: swift),
        .target(
            name: "ZooHost",
            dependencies: ["ZooKit", "CZooPlugin", "CLtdl", "CCrypto", "CEngine", .product(name: "Logging", package: "swift-log")],
            swiftSettings: swift),
        // apt: libpng-dev libjpeg-dev libtiff-dev libwebp-dev libgif-dev. One library for each format, the same that Pillow and
        // browsers use: those that read all of them (libvips, ImageMagick, OpenImageIO) bring 60 to 140 packages on Debian 12.
        .target(name: "CImage", linkerSettings: ["png", "jpeg", "tiff", "webp", "webpdemux", "gif"].map { .linkedLibrary($0) }),
        .target(
            name: "ZooData", dependencies: ["ZooHost", "ZooKit", "CArchive", "CZlib", "CImage"],
            // Part of the program, so that its data sets are known wherever it runs.
            resources: [.embedInCode("datasets.json")], swiftSettings: swift),
        // apt: libsqlite3-dev
        .target(name: "ZooStore", dependencies: ["ZooHost", .product(name: "GRDB", package: "GRDB.swift")], swiftSettings: swift),
        .target(
            name: "ZooHarness",
            dependencies: ["ZooHost", "ZooData", "ZooStore", .product(name: "Logging", package: "swift-log")],
            swiftSettings: swift),
        .target(name: "ZooCheck", dependencies: ["ZooHost", "ZooKit", "CZooPlugin", "CMalloc"], swiftSettings: swift),
        .target(name: "ZooReport", dependencies: ["ZooHarness", "ZooData", "ZooHost", "ZooStore", "ZooCheck"], swiftSettings: swift),
        .executableTarget(
            name: "zoo",
            dependencies: [
                "ZooReport", "ZooHarness", "ZooData", "ZooStore", "ZooCheck",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swift),
    ] + [
        .target(name: "FuzzReaders", dependencies: ["ZooHost", "ZooStore", "ZooData"], path: "Fuzz/Readers", swiftSettings: swift),
        tests("Fuzz", ["FuzzReaders", "ZooData", "ZooHost"]),
        .target(
            name: "TestSupport", dependencies: ["ZooHost", "ZooKit", "ZooStore"], path: "Tests/TestSupport", swiftSettings: swift),
        tests("ZooKit", ["ZooKit", "ZooHost", "ZooStore"]),
        tests("ZooHost", ["ZooHost", "ZooKit", "ZooStore", "ZooCheck"]),
        tests("ZooData", ["ZooData", "ZooHost", "ZooKit", "CArchive"]),
        tests("ZooStore", ["ZooStore", "ZooHost", .product(name: "GRDB", package: "GRDB.swift")]),
        tests("ZooReport", ["ZooReport", "ZooHarness", "ZooHost"]),
        tests("ZooHarness", ["ZooHarness", "ZooHost", "ZooData", "ZooStore"]),
        tests("zoo", ["ZooHost", "ZooStore", .product(name: "GRDB", package: "GRDB.swift")]),
        tests("Group", ["ZooHost", "ZooKit", "ZooStore"]),
        tests("Variant", ["ZooHost", "ZooKit", "ZooStore"]),
    ]
        + plugins.map {
            .target(name: $0, dependencies: ["ZooKit"], path: "Plugins/\($0)", swiftSettings: swift, linkerSettings: pluginLinking)
        }
        + foreignPlugins.map {
            .target(
                name: $0, dependencies: ["CZooPlugin"], path: "Plugins/\($0)", publicHeadersPath: ".",
                cxxSettings: cxx + [.unsafeFlags(["-fvisibility=hidden", "-fvisibility-inlines-hidden", "-fno-cxx-modules"])],
                linkerSettings: pluginLinking + [.linkedLibrary("m")])
        }
        // Readers of files under libFuzzer, which takes a build of its own: `make fuzz`.
        + (Context.environment["ZOO_FUZZ"] == "1"
            ? [
                .target(name: "CFuzzDriver", path: "Fuzz/Driver"),
                .executableTarget(
                    name: "zoo-fuzz", dependencies: ["FuzzReaders", "CFuzzDriver"], path: "Fuzz/Program",
                    swiftSettings: swift + [.unsafeFlags(["-parse-as-library"])]),
            ] : []),
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c99,
    cxxLanguageStandard: .cxx20
)
