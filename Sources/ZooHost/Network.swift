import CEngine
import CZooPlugin
import Foundation
public import ZooKit

/// An entry built from its parts: a network ready to be trained or evaluated.
public final class Network {
    public let entry: Entry
    public let input: ImageShape
    public let classes: Int
    public let architecture: any Architecture
    /// File names of the libraries that its parts come from, without repetition.
    public let files: [String]

    init(entry: Entry, input: ImageShape, classes: Int, architecture: any Architecture, files: [String]) {
        self.entry = entry
        self.input = input
        self.classes = classes
        self.architecture = architecture
        self.files = files
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
        for file in resolved.namedFiles where file.contents == .code { try requireTrusted(code: file.path) }
        try startEngine()
        try EngineControl.seed(seed)
        let table = try table(of: resolved.architecture)
        let maker = PartMaker(resolved, host: self)
        do {
            let part = try maker.architecture(table, input: input, classes: classes)
            return Network(
                entry: entry, input: input, classes: classes, architecture: try ForeignArchitecture(part),
                files: resolved.files.map { String($0.split(separator: "/").last ?? "") })
        } catch { throw HostError(maker.refusal ?? HostError.Kind(error.kind), "entry '\(entry.id)': \(error)") }
    }

    /// One component on its own, for checks: settings from `config`, weights from the engine's default generator.
    public func part(
        _ component: ComponentInfo, config: [String: JSON] = [:], input: ImageShape, outputs: Int
    ) throws -> ForeignPart {
        let settings = try component.settings(config, at: .init(file: component.id, path: "$", folder: ""))
        for (option, setting) in zip(component.options, settings) where option.file == .code {
            try requireTrusted(code: setting.description)
        }
        return try part(component, settings: settings, input: input, outputs: outputs)
    }

    /// What fills a slot of an entry, on its own: with its settings, weights from the engine's default generator.
    ///
    /// - Throws: what `resolve` throws, `config` if the entry leaves the slot empty.
    public func part(filling slot: String, of entry: Entry, input: ImageShape, outputs: Int) throws -> ForeignPart {
        let resolved = try resolve(entry)
        guard let component = resolved.parts[slot], let settings = resolved.partSettings[slot] else {
            throw HostError(.config, "entry '\(entry.id)' leaves the slot '\(slot)' empty")
        }
        for file in resolved.namedFiles where file.slot == slot && file.contents == .code { try requireTrusted(code: file.path) }
        return try part(component, settings: settings, input: input, outputs: outputs)
    }

    /// Native code that an entry names is taken from where a plugin would be, and under a lock only from where the user has vouched for it.
    private func requireTrusted(code path: String) throws(HostError) {
        let trust = Trust(allowed: searchPath.allowed)
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard FileManager.default.fileExists(atPath: real) else { throw HostError(.noInput, "\(path): no such file") }
        guard !trust.isAllowed(real) else { return }
        if let lock {
            throw HostError(
                .noPermission,
                "\(path): holds native code, and \(lock.path) pins what may be loaded; --allow \(path) loads it anyway")
        }
        try trust.check(directory: (real as NSString).deletingLastPathComponent)
        try trust.check(file: real)
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

/// Makes the parts that an architecture asks for while it is being made: what stands behind a `zoo_builder`.
final class PartMaker {
    private let resolved: ResolvedEntry
    private let host: HostRuntime
    /// Why the host itself could not make a part that was asked for: the contract has no status for it.
    private(set) var refusal: HostError.Kind?

    init(_ resolved: ResolvedEntry, host: HostRuntime) {
        self.resolved = resolved
        self.host = host
    }

    /// What fills a slot, or the component that `kind:id` names, with its settings; nil for a slot left empty.
    private func filling(_ name: String) throws(HostError) -> (component: ComponentInfo, settings: [Setting])? {
        if let colon = name.firstIndex(of: ":"), let kind = Kind.allCases.first(where: { "\($0)" == name[..<colon] }) {
            let component = try host.component(kind, String(name[name.index(after: colon)...]))
            return (component, try component.settings([:], at: .init(file: name, path: "$", folder: "")))
        }
        guard resolved.architecture.slots.contains(where: { $0.name == name }) else {
            throw HostError(.config, "architecture '\(resolved.architecture.id)' declares no slot '\(name)'")
        }
        return resolved.parts[name].map { ($0, resolved.partSettings[name] ?? []) }
    }

    func architecture(_ table: UnsafePointer<zoo_component_v1>, input: ImageShape, classes: Int) throws(ZooError) -> ForeignPart {
        try withExtendedLifetime(self) { () throws(ZooError) in
            let builder = OpaquePointer(Unmanaged.passUnretained(self).toOpaque())
            return try Self.instance(of: table, settings: resolved.architectureSettings, builder: builder) { build in
                build.channels = Int64(input.channels)
                build.height = Int64(input.height)
                build.width = Int64(input.width)
                build.outputs = Int64(classes)
            }
        }
    }

    static func instance(
        of table: UnsafePointer<zoo_component_v1>, settings: [Setting], builder: OpaquePointer?, _ fill: (inout zoo_build_v1) -> Void
    ) throws(ZooError) -> ForeignPart {
        var out: Result<ForeignPart, ZooError> = .failure(ZooError("not made"))
        withBuild(settings, builder, fill) { build in
            do throws(ZooError) { out = .success(try ForeignPart(table, build)) } catch { out = .failure(error) }
        }
        return try out.get()
    }

    /// `make_part` of the host's table.
    static func make(
        _ builder: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ wanted: UnsafePointer<zoo_build_v1>?,
        _ out: UnsafeMutablePointer<zoo_part_v1>?
    ) -> zoo_status {
        func fail(_ status: zoo_status, _ text: String) -> zoo_status { EngineLibrary.table.host.pointee.fail(status, text) }
        guard let builder, let slot, let wanted, let out else {
            return fail(ZOO_BAD_ARGUMENT, "make_part needs a builder, a slot, a build and a place for the part")
        }
        let maker = Unmanaged<PartMaker>.fromOpaque(UnsafeRawPointer(builder)).takeUnretainedValue()
        let name = String(cString: slot)
        let component: UnsafePointer<zoo_component_v1>
        let settings: [Setting]
        do throws(HostError) {
            guard let filling = try maker.filling(name) else { return fail(ZOO_NOT_FOUND, "the entry leaves the slot '\(name)' empty") }
            (component, settings) = (try maker.host.table(of: filling.component), filling.settings)
        } catch {
            maker.refusal = error.kind
            return fail(ZOO_BAD_ARGUMENT, error.message)
        }
        var instance: UnsafeMutableRawPointer?
        var status = ZOO_ERROR
        withBuild(
            settings, nil,
            { build in
                build.channels = wanted.pointee.channels
                build.height = wanted.pointee.height
                build.width = wanted.pointee.width
                build.outputs = wanted.pointee.outputs
                build.resize_count = wanted.pointee.resize_count
                build.resizes = wanted.pointee.resizes
            }
        ) { build in status = component.pointee.create(component, build, &instance) }
        if status == ZOO_OK { out.pointee = zoo_part_v1(component: component, instance: instance) }
        return status
    }

    /// Settings as the contract's values, in memory that lives for the call.
    private static func withBuild(
        _ settings: [Setting], _ builder: OpaquePointer?, _ fill: (inout zoo_build_v1) -> Void,
        _ body: (UnsafePointer<zoo_build_v1>) -> Void
    ) {
        let storage = SettingStorage(settings)
        storage.values.withUnsafeBufferPointer { values in
            var build = zoo_build_v1()
            build.struct_size = UInt32(MemoryLayout<zoo_build_v1>.size)
            build.setting_count = UInt32(values.count)
            build.settings = values.baseAddress
            build.builder = builder
            fill(&build)
            body(&build)
        }
        withExtendedLifetime(storage) {}
    }
}

/// The contract's values of some settings, and the memory that their lists and strings point to.
private final class SettingStorage {
    private(set) var values: [zoo_value] = []
    private var memory: [UnsafeMutableRawBufferPointer] = []

    init(_ settings: [Setting]) { values = settings.map { $0.value(keeping: keep) } }

    deinit { memory.forEach { $0.deallocate() } }

    private func keep(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer? {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
        copy.copyMemory(from: bytes)
        memory.append(copy)
        return UnsafeRawPointer(copy.baseAddress)
    }
}
