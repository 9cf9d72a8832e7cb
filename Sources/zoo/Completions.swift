import ArgumentParser
import ZooCheck
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooPlugins
import ZooProbes

/// What shells offer where a command takes a name.
///
/// Names come from the manifest, and those of components from what is remembered of plugins: no engine is started and no plugin is looked at,
/// so an answer takes little longer than the program takes to start. Where something is wrong nothing is offered; the command itself says why.
enum Completions {
    static let entries = CompletionKind.custom { words, _, _ in entryIDs(words) }

    static let dataSets = CompletionKind.custom { words, _, _ in dataSetNames(words) }

    static let probes = CompletionKind.custom { _, _, _ in ProbeCatalogue.all.map(\.name) + ["all"] }

    static let checks = CompletionKind.custom { _, _, _ in Check.all.map(\.name) }

    static let studies = CompletionKind.custom { words, _, _ in manifest(words).map { StudyShelf(beside: $0).names } ?? [] }

    static let downloads = CompletionKind.custom { words, _, _ in
        (try? PublishedDataOptions.parse(named("--manifest", words) + named("--places", words)).sets())?.sets.map(\.name) ?? []
    }

    /// Plugins in use, by file name.
    static let plugins = CompletionKind.custom { words, _, _ in remembered(words).plugins }

    /// Plugins in the user's own directory, by id.
    static let installedPlugins = CompletionKind.custom { _, _, _ in
        PluginShelf().items().compactMap { try? $0.descriptor.get().id }
    }

    static let entriesAndExtractors = CompletionKind.custom { words, _, _ in
        entryIDs(words) + remembered(words).components.filter { $0.kind == .extractor }.map(\.id)
    }

    /// Whatever `zoo show` shows.
    static let anything = CompletionKind.custom { words, _, _ in
        let found = remembered(words)
        return entryIDs(words) + found.components.map { "\($0.kind)/\($0.id)" } + found.plugins + dataSetNames(words)
    }

    private static func entryIDs(_ words: [String]) -> [String] { manifest(words)?.entries.map(\.id) ?? [] }

    private static func dataSetNames(_ words: [String]) -> [String] {
        let catalogue = manifest(words).flatMap { try? DataSetCatalogue($0) } ?? (try? DataSetCatalogue.builtIn)
        return catalogue?.all.map(\.name) ?? []
    }

    private static func manifest(_ words: [String]) -> Manifest? {
        try? ManifestOptions.parse(named("--manifest", words)).readManifest()
    }

    private static func remembered(_ words: [String]) -> (plugins: [String], components: [ComponentInfo]) {
        guard let path = try? HostOptions.parse(named("--plugin-path", words)).searchPath else { return ([], []) }
        return PluginCache.remembered(in: path.directories, directory: path.cacheDirectory)
    }

    /// The option with its value as it stands on the line that is being completed.
    private static func named(_ option: String, _ words: [String]) -> [String] {
        guard let index = words.firstIndex(of: option), index + 1 < words.count, !words[index + 1].isEmpty else { return [] }
        return [option, words[index + 1]]
    }
}
