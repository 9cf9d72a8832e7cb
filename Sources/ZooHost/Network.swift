import CZooPlugin
public import ZooCore
public import ZooKit
public import ZooManifest
public import ZooPlugins

/// An entry built from its parts: a network ready to be trained or evaluated.
public final class Network {
    public let entry: Entry
    public let input: ImageShape
    public let classes: Int
    public let architecture: any Architecture
    /// Paths of the libraries that its parts come from, without repetition: those of its slots, then those that the architecture
    /// asked for by `kind:id`.
    public let libraries: [String]
    /// File names of the libraries.
    public var files: [String] { libraries.map { String($0.split(separator: "/").last ?? "") } }

    init(entry: Entry, input: ImageShape, classes: Int, architecture: any Architecture, libraries: [String]) {
        self.entry = entry
        self.input = input
        self.classes = classes
        self.architecture = architecture
        self.libraries = libraries
    }

    public var parameters: Parameters { architecture.parameters }

    /// Names of the buffers of an architecture that wants to know how a batch was made: the matrices that posed it, N×2×3
    /// or N×3×3, output to input, and the images before they were posed, N×C×H×W.
    private static let (truth, upright) = ("truth.theta", "truth.images")

    /// Whether the architecture wants the images of a batch as they were before they were posed.
    public var wantsUpright: Bool { parameters[tensor: Self.upright] != nil }

    /// Tells an architecture that asks for it how the next batch was made; others ignore it.
    public func tell(truth theta: Tensor, upright: Tensor? = nil) throws(ZooError) {
        try replace(Self.truth, with: theta)
        if let upright { try replace(Self.upright, with: upright) }
    }

    /// Puts back what these buffers hold when the network is made, the identity and no images; so that the state can be kept.
    public func forgetTruth() throws(ZooError) {
        try tell(
            truth: Tensor([1, 0, 0, 0, 1, 0] as [Float], [1, 2, 3]),
            upright: Tensor.zeros([0, input.channels, input.height, input.width]))
    }

    private func replace(_ name: String, with value: Tensor) throws(ZooError) {
        guard let buffer = parameters[tensor: name] else { return }
        try buffer.replaceContents(with: value.to(device: buffer.device, dtype: buffer.dtype))
    }
}

/// An entry whose components are found and whose settings are checked.
public struct ResolvedEntry: Sendable {
    public let entry: Entry
    public let architecture: ComponentInfo
    /// By slot, filled ones only.
    public let parts: [String: ComponentInfo]
    let architectureSettings: [Setting]
    let partSettings: [String: [Setting]]

    /// Settings by option name, defaults included: of a slot, or of the architecture for nil.
    public func settings(of slot: String?) -> [(name: String, value: Setting)] {
        guard let slot else { return Array(zip(architecture.options.map(\.name), architectureSettings)) }
        return Array(zip(parts[slot]?.options.map(\.name) ?? [], partSettings[slot] ?? []))
    }

    /// The libraries, the architecture's first, without repetition.
    public var files: [String] {
        var seen: Set<String> = []
        let all = [architecture.file] + architecture.slots.compactMap { parts[$0.name]?.file }
        return all.filter { seen.insert($0).inserted }
    }

    /// A file that a setting names.
    public struct NamedFile: Sendable {
        /// nil: the architecture's own.
        public let slot: String?
        public let option: String
        public let contents: Option.FileContents
        /// Absolute.
        public let path: String
    }

    /// The files that its settings name, the architecture's first.
    public var namedFiles: [NamedFile] {
        let all =
            [(nil, architecture, architectureSettings)]
            + architecture.slots.compactMap { slot in
                parts[slot.name].map { (slot.name, $0, partSettings[slot.name] ?? []) }
            }
        return all.flatMap { slot, component, settings in
            zip(component.options, settings).compactMap { option, setting in
                guard let contents = option.file, case .string(let path) = setting else { return nil }
                return NamedFile(slot: slot, option: option.name, contents: contents, path: path)
            }
        }
    }

    /// The files whose trained weights make the entry what it is from the start; empty unless everything in it that is trained, or could be, comes
    /// from such a file.
    public var ownWeights: [NamedFile] {
        let carried = namedFiles.filter { $0.contents != .data }
        let trained = architecture.slots.filter { parts[$0.name] != nil && $0.kind != .transformer }.map(\.name)
        let hasAll = !trained.isEmpty && trained.allSatisfy { slot in carried.contains { $0.slot == slot } }
        return hasAll || carried.contains { $0.slot == nil } ? carried : []
    }
}

extension HostRuntime {
    /// Finds an entry's components and checks its settings against their options.
    ///
    /// - Throws: `unavailable` if a plugin is missing, `config` naming the JSON path if a slot or setting is wrong.
    public func resolve(_ entry: Entry) throws(HostError) -> ResolvedEntry {
        let architecture = try component(.architecture, entry.architecture.id)
        let place = entry.architecture.place
        let slots = architecture.slots.map(\.name)
        if let stray = entry.parts.keys.sorted().first(where: { !slots.contains($0) }), let part = entry.parts[stray] {
            throw HostError(
                .config,
                "\(part.place.file): \(part.place.path): architecture '\(architecture.id)' has no slot '\(stray)'\(suggestion(stray, slots)); it has \(slots.joined(separator: ", "))"
            )
        }
        var parts: [String: ComponentInfo] = [:]
        var settings: [String: [Setting]] = [:]
        for slot in architecture.slots {
            guard let part = entry.parts[slot.name] else {
                if slot.isRequired {
                    throw HostError(
                        .config,
                        "\(place.file): \(place.path): architecture '\(architecture.id)' needs a part for slot '\(slot.name)', \(slot.kind): \(slot.help)"
                    )
                }
                continue
            }
            let found: ComponentInfo
            do throws(HostError) {
                found = try component(slot.kind, part.id)
            } catch { throw HostError(error.kind, "\(part.place.file): \(part.place.path): \(error.message)") }
            parts[slot.name] = found
            settings[slot.name] = try found.settings(part.config, at: part.place)
        }
        return ResolvedEntry(
            entry: entry, architecture: architecture, parts: parts,
            architectureSettings: try architecture.settings(entry.architecture.config, at: place), partSettings: settings)
    }

    /// Builds an entry's network, with initial weights from `seed`.
    ///
    /// - Throws: what `resolve` throws, and `config` if a component refuses the size or the settings; `software` if it fails otherwise.
    public func network(_ entry: Entry, input: ImageShape, classes: Int, seed: UInt64) throws(HostError) -> Network {
        let resolved = try resolve(entry)
        try startEngine()
        try EngineControl.seed(seed)
        let table = try table(of: resolved.architecture)
        let programs = resolved.namedFiles.filter { $0.contents == .code }.map(\.path)
        let maker = PartMaker(resolved, host: self)
        let made = try admit(programs) { () throws(ZooError) in
            let part = try maker.architecture(table, input: input, classes: classes)
            return Network(
                entry: entry, input: input, classes: classes, architecture: try ForeignArchitecture(part),
                libraries: resolved.files + maker.asked.filter { !resolved.files.contains($0) })
        }
        do throws(ZooError) { return try made.get() } catch {
            throw HostError(maker.refusal ?? HostError.Kind(error.kind), "entry '\(entry.id)': \(error)")
        }
    }

    /// One component on its own, for checks: settings from `config`, weights from the engine's default generator.
    public func part(
        _ component: ComponentInfo, config: [String: JSON] = [:], input: ImageShape, outputs: Int
    ) throws -> ForeignPart {
        let settings = try component.settings(config, at: .init(file: component.id, path: "$", folder: ""))
        let programs = zip(component.options, settings).compactMap { option, setting -> String? in
            guard option.file == .code, case .string(let path) = setting else { return nil }
            return path
        }
        return try admit(programs) { try part(component, settings: settings, input: input, outputs: outputs) }.get()
    }

    /// What fills a slot of an entry, on its own: with its settings, weights from the engine's default generator.
    ///
    /// - Throws: what `resolve` throws, `config` if the entry leaves the slot empty.
    public func part(filling slot: String, of entry: Entry, input: ImageShape, outputs: Int) throws -> ForeignPart {
        let resolved = try resolve(entry)
        guard let component = resolved.parts[slot], let settings = resolved.partSettings[slot] else {
            throw HostError(.config, "entry '\(entry.id)' leaves the slot '\(slot)' empty")
        }
        let programs = resolved.namedFiles.filter { $0.slot == slot && $0.contents == .code }.map(\.path)
        return try admit(programs) { try part(component, settings: settings, input: input, outputs: outputs) }.get()
    }

    /// Programs that an entry names are taken from where a plugin would be, and under a lock only from where the user has vouched for it.
    private func admit<R, E: Error>(_ programs: [String], _ body: () throws(E) -> R) throws(HostError) -> Result<R, E> {
        _ = Programs.takeGiven()
        defer { for (path, sha256) in Programs.takeGiven() { note(program: path, sha256: sha256) } }
        return try Programs.admit(programs, body)
    }

    /// The same with settings in the order of the component's options, as they are: nothing about them is checked.
    public func part(_ component: ComponentInfo, settings: [Setting], input: ImageShape, outputs: Int) throws -> ForeignPart {
        try PartMaker.instance(of: table(of: component), settings: settings, builder: nil) { build in
            build.channels = Int64(input.channels)
            build.height = Int64(input.height)
            build.width = Int64(input.width)
            build.outputs = Int64(outputs)
        }
    }
}
