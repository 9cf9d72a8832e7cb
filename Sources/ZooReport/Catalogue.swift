import Foundation
public import ZooCore
public import ZooData
public import ZooHost
import ZooKit
public import ZooManifest
import ZooPlugins

/// A plugin as a listing shows it.
public struct PluginDescription: Codable, Sendable {
    public let id: String
    public let path: String
    public let version, licence, summary: String
    public let authors, papers: [String]
    /// Of the contract it was written for, "1.0".
    public let abi: String
    /// The engine that it links itself; nil for one that uses the host's.
    public let engine: String?
    /// "kind/id" of its components.
    public let components: [String]
    public var fileName: String { baseName(path) }

    init(_ plugin: KnownPlugin) {
        let descriptor = plugin.descriptor
        id = descriptor.id
        path = plugin.path
        version = descriptor.version
        licence = descriptor.licence
        summary = descriptor.summary
        authors = descriptor.authors
        papers = descriptor.papers
        abi = "\(descriptor.abiMajor).\(descriptor.abiMinor)"
        engine = descriptor.engine
        components = plugin.components.map { "\($0.kind)/\($0.id)" }
    }
}

/// A file that should be a plugin and is none that can be used.
public struct BrokenDescription: Codable, Sendable {
    public let path: String
    public let cause: String

    init(_ broken: BrokenPlugin) {
        path = broken.path
        // Causes begin with the path, which stands in a field of its own here.
        let text = singleLine(broken.cause.message)
        cause = text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    }
}

/// A component as a listing shows it.
public struct ComponentDescription: Codable, Sendable {
    public struct Option: Codable, Sendable {
        public let name, type, help: String
        /// nil: the setting is required.
        public let fallback: JSON?
        /// nil: open.
        public let minimum, maximum: Double?
        public let choices: [String]?

        enum CodingKeys: String, CodingKey {
            case name, type, help
            case fallback = "default"
            case minimum, maximum, choices
        }
    }

    public struct Slot: Codable, Sendable {
        public let name, kind, help: String
        public let required: Bool
    }

    public let kind, id, summary, paper: String
    /// The library's path.
    public let file: String
    public let options: [Option]
    public let slots: [Slot]
    public var fileName: String { baseName(file) }

    init(_ component: ComponentInfo) {
        kind = "\(component.kind)"
        id = component.id
        summary = component.summary
        paper = component.paper
        file = component.file
        options = component.options.map { option in
            Option(
                name: option.name, type: "\(option.type)", help: option.help, fallback: option.fallback.map(json),
                minimum: bound(option.range.lowerBound), maximum: bound(option.range.upperBound), choices: option.choices)
        }
        slots = component.slots.map { Slot(name: $0.name, kind: "\($0.kind)", help: $0.help, required: $0.isRequired) }
    }
}

/// An entry as a listing shows it: its wiring, with the plugins that stand behind it.
public struct EntryDescription: Codable, Sendable {
    public struct Part: Codable, Sendable {
        /// nil for the architecture itself.
        public let slot: String?
        public let kind, id, paper: String
        /// The library's path.
        public let file: String
        /// Defaults included.
        public let settings: [String: JSON]
    }

    public struct Weights: Codable, Sendable {
        public enum State: String, Codable, Sendable { case sound, missing, changed }
        public let dataset: String
        public let seed: UInt64
        public let file, sha256: String
        /// nil where it was not looked at: that takes reading the whole file.
        public let state: State?
    }

    public let id, summary, architecture: String
    /// Component ids by slot, as the manifest names them.
    public let parts: [String: String]
    /// The architecture, then its parts; empty if the entry cannot be built.
    public let wiring: [Part]
    /// File names of the libraries.
    public let plugins: [String]
    /// The paper of what defines the entry: its architecture, or the extractor where the architecture adds nothing to it; "" without one.
    public let paper: String
    /// Of all that it is made of, the one above first.
    public let papers: [String]
    /// Trained values, for `classes` classes of images of `input`; nil if it can be built for none of the sizes that are known of it.
    public let parameters: Int?
    /// C×H×W and the number of classes that `parameters` were counted for.
    public let input: [Int]?
    public let classes: Int?
    /// What is transformed: "input", "feature map", "none"; nil if the architecture does not say.
    public let target: String?
    /// After how many stages it is transformed, where the architecture has such a setting.
    public let placement: String?
    public let iterations: Int?
    /// The wiring, drawn as text.
    public let drawing: String?
    public let weights: [Weights]
    public let recipes: [String: Recipe]
    public let published: [PublishedFigure]
    /// Why it cannot be built.
    public let problem: String?
}

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
        defer { counts.save() }
        return (manifest?.entries ?? []).map { describe($0, checkingWeights: checkingWeights) }
    }

    public func describe(_ entry: Entry, checkingWeights: Bool) -> EntryDescription {
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
        var text = drawing
        for part in wiring {
            if let slot = part.slot { text = text.replacingOccurrences(of: "{\(slot)}", with: part.id) }
            if part.slot == nil {
                for (name, value) in part.settings { text = text.replacingOccurrences(of: "{\(name)}", with: Listing.shown(value)) }
            }
        }
        return text
    }

    private func part(_ resolved: ResolvedEntry, _ slot: String?) -> EntryDescription.Part? {
        guard let component = slot.map({ resolved.parts[$0] }) ?? resolved.architecture else { return nil }
        let settings = resolved.settings(of: slot).map { ($0.name, json($0.value)) }
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

/// A setting as JSON.
func json(_ setting: Setting) -> JSON {
    switch setting {
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): .double(value)
    case .string(let value): .string(value)
    case .ints(let list): .array(list.map { .int($0) })
    case .doubles(let list): .array(list.map { .double($0) })
    }
}

private func bound(_ number: Double) -> Double? { number.isFinite ? number : nil }

func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

func unique<T: Hashable>(_ list: [T]) -> [T] {
    var seen: Set<T> = []
    return list.filter { seen.insert($0).inserted }
}
