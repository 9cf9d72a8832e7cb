import ArgumentParser
import ZooData
import ZooManifest
import ZooReport

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List entries, components, plugins, probes and data sets.",
        discussion: discussion(
            examples: [
                "zoo list": "entries and components",
                "zoo list datasets": "data sets, and which are here",
                "zoo list entries --json": "for programs",
            ]))

    enum Section: String, ExpressibleByArgument, CaseIterable { case entries, components, plugins, probes, datasets }

    @Argument(help: "What to list. Default: entries and components.")
    var section: Section?

    @OptionGroup var shared: HostOptions
    @OptionGroup(title: "Data") var data: DataOptions

    func validate() throws {
        if data.dataDir != nil, section != .datasets, section != nil || !shared.json {
            throw ValidationError("--data-dir goes with 'zoo list datasets'")
        }
    }

    private struct Answer: Encodable {
        var entries: [EntryDescription]?
        var components: [ComponentDescription]?
        var plugins: [PluginDescription]?
        var probes: [ProbeDescription]?
        var datasets: [DataSetDescription]?
        /// Where the files of data sets are looked for.
        var dataDirectory: String?
        var broken: [BrokenDescription]
    }

    func run() throws {
        // Components, plugins and the program's own data sets can be listed without any manifest.
        let manifest: Manifest? =
            switch section {
            case nil, .entries: try shared.readManifest()
            case .datasets: try shared.readManifestIfThere()
            default: nil
            }
        let dataSets = try manifest.map(DataSetCatalogue.init) ?? DataSetCatalogue.builtIn
        let catalogue = Catalogue(host: try shared.host(startingEngine: false), manifest: manifest, dataSets: dataSets)
        var answer = Answer(broken: catalogue.broken)
        if section == nil || section == .entries { answer.entries = catalogue.entries() }
        if section == nil || section == .components { answer.components = catalogue.components }
        // A listing for machines holds everything; for people the plugins stand beside what comes from them.
        if section == .plugins || section == nil && shared.json { answer.plugins = catalogue.plugins }
        if section == .probes || section == nil && shared.json { answer.probes = ProbeDescription.all }
        if section == .datasets || section == nil && shared.json {
            answer.datasets = try DataSetDescription.all(of: dataSets, in: data.dataDir)
            answer.dataDirectory = DataDirectory.choice(data.dataDir).path
        }
        try shared.emit(answer, or: text(answer))
        if !shared.json { shared.warn(about: answer.broken) }
        if section == .datasets, !shared.json { shared.note("data directory: \(DataDirectory.choice(data.dataDir))") }
        for entry in answer.entries ?? [] {
            if let problem = entry.problem { shared.warn("\(entry.id): \(problem)") }
        }
    }

    private func text(_ answer: Answer) -> String {
        let terminal = Terminal.standardOutput
        let tables = [
            answer.entries.map(Listing.table), answer.components.map(Listing.table), answer.plugins.map(Listing.table),
            answer.probes.map(Listing.table), answer.datasets.map(Listing.table),
        ]
        return tables.compactMap { $0?.rendered(for: terminal) }.joined(separator: "\n")
    }
}
