// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "{{NAME}}",
    products: [.library(name: "{{NAME}}", type: .dynamic, targets: ["{{NAME}}"])],
    dependencies: [
        // ZooKit, from the zoo's sources on this machine. A released version would be
        // .package(url: "https://…/stn-zoo", exact: "0.1.0"); a plugin built with one runs under all hosts of contract 1.
        .package(name: "stn-zoo", path: "{{HOME}}")
    ],
    targets: [
        .target(
            name: "{{NAME}}", dependencies: [.product(name: "ZooKit", package: "stn-zoo")],
            // Only the entry function is exported, and a symbol that is missing fails the build, not the load.
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/exports.map", "-Xlinker", "--gc-sections", "-Xlinker", "-z",
                    "-Xlinker", "defs",
                ])
            ])
    ],
    swiftLanguageModes: [.v6]
)
