import CZooPlugin
public import ZooCore
public import ZooKit
public import ZooManifest
public import ZooPlugins

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
                losses: resolved.architecture.losses,
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
