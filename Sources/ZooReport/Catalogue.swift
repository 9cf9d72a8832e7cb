import Foundation
import ZooCore
public import ZooData
public import ZooHost
import ZooKit
public import ZooManifest
import ZooPlugins

/// What there is: entries, components and plugins, ready to be shown.
public struct Catalogue {
    private let host: HostRuntime
    let manifest: Manifest?
    let dataSets: DataSetCatalogue?
    private let counts: ParameterCounts

    /// - Parameters:
    ///   - dataSets: those of the manifest; nil where it cannot be read.
    public init(host: HostRuntime, manifest: Manifest?, dataSets: DataSetCatalogue?) {
        self.host = host
        self.manifest = manifest
        self.dataSets = dataSets
        counts = ParameterCounts(host: host)
    }

    public var plugins: [PluginDescription] { host.plugins.map(PluginDescription.init) }
    public var broken: [BrokenDescription] { host.broken.map(BrokenDescription.init) }
    public var components: [ComponentDescription] { host.components.map(ComponentDescription.init) }

    /// - Parameter checkingWeights: read the weights that are shipped and compare their checksums.
    public func entries(checkingWeights: Bool = false) -> [EntryDescription] {
        describe(manifest?.entries ?? [], checkingWeights: checkingWeights)
    }

    public func describe(_ entries: [Entry], checkingWeights: Bool) -> [EntryDescription] {
        defer { counts.save() }
        return entries.map { describe($0, checkingWeights: checkingWeights) }
    }

    private func describe(_ entry: Entry, checkingWeights: Bool) -> EntryDescription {
        var wiring: [EntryDescription.Part] = []
        var problem: String?
        var (parameters, size): (Int?, EntrySize?)
        var paper = ""
        do throws(HostError) {
            let resolved = try host.resolve(entry)
            wiring = ([nil] + resolved.architecture.slots.map(\.name)).compactMap { slot in
                part(resolved, slot)
            }
            paper = definingPart(resolved).paper
            for candidate in EntrySize.candidates(of: entry, dataSets: dataSets) where parameters == nil {
                (parameters, size) = (counts.count(entry, input: candidate.input, classes: candidate.classes), candidate)
            }
            // A network that was compiled with its weights shows none of them.
            if parameters == 0 { parameters = nil }
        } catch { problem = singleLine(error.message) }
        let own = wiring.first { $0.slot == nil }?.settings ?? [:]
        var iterations: Int?
        if case .int(let count) = own["iterations"] { iterations = count }
        var placement = own["depth"]
        if case .array(let list) = own["placements"], !list.isEmpty { placement = own["placements"] }
        let said = host.components.first { $0.kind == .architecture && $0.id == entry.architecture.id }?.wiring
        let papers = ([paper] + wiring.map(\.paper)).filter { !$0.isEmpty }
        return EntryDescription(
            id: entry.id, summary: entry.summary, architecture: entry.architecture.id, parts: entry.parts.mapValues(\.id), wiring: wiring,
            plugins: unique(wiring.map { baseName($0.file) }), paper: paper, papers: unique(papers),
            parameters: parameters, input: parameters == nil ? nil : size.map { [$0.input.channels, $0.input.height, $0.input.width] },
            classes: parameters == nil ? nil : size?.classes,
            target: said.map { "\($0.target)" }, placement: placement.map(Listing.shown), iterations: iterations,
            drawing: said.map { draw($0.drawing, wiring) },
            weights: entry.weights.map { describe($0, checking: checkingWeights) }, recipes: entry.recipes, published: entry.published,
            problem: problem)
    }

    /// An architecture of nothing but an extractor that transforms nothing is how extractors are run, not an idea of its own.
    private func definingPart(_ resolved: ResolvedEntry) -> ComponentInfo {
        let architecture = resolved.architecture
        guard architecture.wiring?.target == .nothing, architecture.slots.map(\.kind) == [.extractor] else { return architecture }
        return resolved.parts[architecture.slots[0].name] ?? architecture
    }

    /// A drawing with the entry's own parts and settings in it.
    private func draw(_ drawing: String, _ wiring: [EntryDescription.Part]) -> String {
        var words: [String: String] = [:]
        for part in wiring {
            if let slot = part.slot { words[slot] = part.id } else { words.merge(part.settings.mapValues(Listing.shown)) { $1 } }
        }
        return drawing.split(separator: "{", omittingEmptySubsequences: false).enumerated().map { index, piece in
            let parts = piece.split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false)
            // Braces around anything else stay.
            guard index > 0, parts.count == 2, let word = words[String(parts[0])] else { return index > 0 ? "{" + piece : String(piece) }
            return word + parts[1]
        }.joined()
    }

    private func part(_ resolved: ResolvedEntry, _ slot: String?) -> EntryDescription.Part? {
        guard let component = slot.map({ resolved.parts[$0] }) ?? resolved.architecture else { return nil }
        let settings = resolved.settings(of: slot).map { ($0.name, JSON($0.value)) }
        return EntryDescription.Part(
            slot: slot, kind: "\(component.kind)", id: component.id, paper: component.paper, file: component.file,
            settings: Dictionary(settings, uniquingKeysWith: { first, _ in first }))
    }

    private func describe(_ weights: WeightsReference, checking: Bool) -> EntryDescription.Weights {
        var state: EntryDescription.Weights.State?
        let path = weights.path
        if checking {
            do { state = try Checksum.sha256(ofFile: path) == weights.sha256 ? .sound : .changed } catch { state = .missing }
        }
        return EntryDescription.Weights(dataset: weights.dataset, seed: weights.seed, file: path, sha256: weights.sha256, state: state)
    }
}

func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

func unique<T: Hashable>(_ list: [T]) -> [T] {
    var seen: Set<T> = []
    return list.filter { seen.insert($0).inserted }
}
