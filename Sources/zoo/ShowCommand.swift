import ArgumentParser
import ZooCore
import ZooData
import ZooManifest
import ZooReport

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything known about an entry, a component, a plugin or a data set.",
        discussion:
            discussion(
                "Where several things have the same id, all are shown; 'localization/cnn', 'entry/cnn' 'dataset/mnist' or 'plugin/Warps' picks one.",
                examples: [
                    "zoo show stn-c0": "wiring, settings, recipe, weights",
                    "zoo show localization/cnn": "a component and its options",
                ]))

    @Argument(help: "An id, 'kind/id', a plugin's file name, or a data set's name.", completion: Completions.anything)
    var id: String

    @OptionGroup var shared: HostOptions
    @OptionGroup(title: "Data") var data: DataOptions

    func run() throws {
        // Components and plugins can be looked at without any manifest, but not with a wrong one.
        let manifest = try shared.readManifestIfThere()
        let catalogue = Catalogue(
            host: try shared.host(startingEngine: false), manifest: manifest,
            dataSets: try manifest.map(DataSetCatalogue.init) ?? DataSetCatalogue.builtIn)
        let match = try catalogue.find(id, dataDirectory: data.dataDir)
        try shared.emit(match, or: Listing.page(match, for: .standardOutput))
        if match.isEmpty { throw ExitCode(HostError.Kind.data.rawValue) }
    }
}
