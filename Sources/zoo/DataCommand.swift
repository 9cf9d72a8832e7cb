import ArgumentParser
import Foundation
import ZooData
import ZooCore

/// Everything about data sets as files. Each subcommand stands in a file of its own.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Download data sets.",
        discussion: discussion(
            examples: [
                "zoo data list": "what can be downloaded, and what is here",
                "zoo data get kmnist": "downloads it",
            ]),
        subcommands: [DataGetCommand.self, DataListCommand.self])
}

/// What can be downloaded, and where to.
struct PublishedDataOptions: ParsableArguments, ManifestGroup {
    @OptionGroup var manifests: ManifestOptions
    @OptionGroup(title: "Data") var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "The list of what can be downloaded. Default: places.json beside the manifest or above the program.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var places: String?

    func validate() throws { try refuseEmpty(("--places", places, "a file")) }

    var output: OutputOptions { manifests.output }

    /// - Throws: `noInput` if there is no list, and what is wrong with it.
    func sets() throws -> PublishedSets {
        if let places { return try PublishedSets(path: places) }
        let candidates = besideTheManifests(PublishedSets.fileName)
        guard let found = candidates.first(where: FileManager.default.fileExists) else {
            let places = candidates.isEmpty ? "beside a zoo.json" : "as \(candidates.joined(separator: " or "))"
            throw HostError(.noInput, "there is no list of what can be downloaded \(places); name one with --places")
        }
        return try PublishedSets(path: found)
    }
}
