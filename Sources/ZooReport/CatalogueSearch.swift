import ZooCore
import ZooData
import ZooKit
import ZooManifest

extension Catalogue {
    /// What an id stands for: the same word may name an entry, components of several kinds and a plugin.
    public struct Match: Encodable, Sendable {
        public let entries: [EntryDescription]
        public let components: [ComponentDescription]
        public let plugins: [PluginDescription]
        public let datasets: [DataSetDescription]
        public let broken: [BrokenDescription]

        /// Whether nothing that can be used was found.
        public var isEmpty: Bool { entries.isEmpty && components.isEmpty && plugins.isEmpty && datasets.isEmpty }
    }

    /// Everything of that id; `kind/id` (`localization/cnn`, `entry/cnn`, `plugin/Warps`) narrows it down. A plugin is
    /// found by its id or its file name, a data set by any of its names.
    ///
    /// - Parameter dataDirectory: where data are kept; nil for the environment's.
    /// - Throws: `usage`, with the nearest id there is.
    public func find(_ id: String, dataDirectory: String?) throws -> Match {
        let dataSets = try self.dataSets ?? DataSetCatalogue.builtIn
        // The path of a data set's name has slashes of its own.
        if id.contains(where: { ":?".contains($0) }) {
            let name = id.hasPrefix("dataset/") ? String(id.dropFirst("dataset/".count)) : id
            return Match(
                entries: [], components: [], plugins: [], datasets: [DataSetDescription(try dataSets.named(name), in: dataDirectory)],
                broken: [])
        }
        let pieces = id.split(separator: "/", maxSplits: 1).map(String.init)
        let kinds = ["entry", "plugin", "dataset"] + Kind.allCases.map { "\($0)" }
        let kind = pieces.count == 2 ? pieces[0] : nil
        let name = pieces.last ?? id
        if let kind, !kinds.contains(kind) {
            throw HostError(.usage, "there is no kind '\(kind)'\(suggestion(kind, kinds)); kinds are \(kinds.joined(separator: ", "))")
        }
        func wants(_ candidate: String) -> Bool { kind == nil || kind == candidate }
        let entries = wants("entry") ? (manifest?.entries ?? []).filter { $0.id == name } : []
        let match = Match(
            entries: describe(entries, checkingWeights: true),
            components: components.filter { wants($0.kind) && $0.id == name },
            plugins: wants("plugin") ? plugins.filter { $0.id == name || $0.fileName == name } : [],
            datasets: wants("dataset")
                ? [try? dataSets.named(name)].compactMap { $0.map { DataSetDescription($0, in: dataDirectory) } } : [],
            broken: wants("plugin") ? broken.filter { baseName($0.path) == name } : [])
        if !match.isEmpty || !match.broken.isEmpty { return match }
        let known =
            (wants("entry") ? (manifest?.entries ?? []).map(\.id) : []) + components.filter { wants($0.kind) }.map(\.id)
            + (wants("plugin") ? plugins.map(\.id) : []) + (wants("dataset") ? dataSets.all.map(\.name) : [])
        let what = kind.map { "\($0) '\(name)'" } ?? "entry, component, plugin or data set '\(name)'"
        throw HostError(.usage, "there is no \(what)\(suggestion(name, known)); this shows what there is: \(SuggestedCommand.list)")
    }
}
