import Foundation
public import ZooCore
public import ZooHost
public import ZooKit
public import ZooManifest
import ZooPlugins

/// A plugin, or an entry's network, on the test bench: what checks need of it.
public final class Bench {
    public let path: String
    public let seed: UInt64
    /// How often a call is repeated where growth is looked for; below 200 fewer random settings are tried and fewer instances made, too.
    public let calls: Int
    var complaints: [String] = []

    private let searchPath: SearchPath
    private let retrying: Bool
    private var foundHost: HostRuntime?
    /// What is on the bench instead of a plugin.
    private let entry: (entry: Entry, input: ImageShape)?

    /// - Parameters:
    ///   - path: the plugin's library; naming it vouches for it.
    ///   - others: directories with plugins whose components may fill an architecture's slots.
    ///   - retrying: load it again if it crashed or hung when it was last loaded.
    /// - Throws: `noInput` if there is no such file.
    public init(path: String, others: [String] = [], seed: UInt64 = 0, calls: Int = 1000, retrying: Bool = false) throws(HostError) {
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        _ = try RegularFile(path)
        self.path = real
        self.seed = seed
        self.calls = calls
        self.retrying = retrying
        entry = nil
        searchPath = try SearchPath(given: [(real as NSString).deletingLastPathComponent] + others, allowed: [real])
    }

    /// An entry, for the checks that try what a network does: its network is built anew whenever a check asks for an instance.
    public init(entry: Entry, input: ImageShape, host: HostRuntime, seed: UInt64 = 0, calls: Int = 1000) {
        path = ""
        self.entry = (entry, input)
        self.seed = seed
        self.calls = calls
        retrying = false
        searchPath = host.searchPath
        foundHost = host
    }

    /// Notes that something is wrong; a check may find several faults. Fifty are enough.
    func complain(_ text: String) {
        if complaints.count < 50 { complaints.append(text) }
    }

    func expect(_ condition: Bool, _ text: @autoclosure () -> String) {
        if !condition { complain(text()) }
    }

    /// Complains if `body` succeeds, or fails without saying why.
    func expectError(_ what: String, _ body: () throws -> Void) {
        do {
            try body()
            complain("\(what): no error")
        } catch let error as ZooError {
            expect(error.message != ZooError.silence, "\(what): an error without a message")
        } catch {}
    }

    func host() throws -> HostRuntime {
        if let foundHost { return foundHost }
        let host = try HostRuntime(searchPath: searchPath, startingEngine: false, retrying: retrying)
        foundHost = host
        return host
    }

    /// What the scan says of the plugin, or why it is broken.
    func scanned() throws -> Swift.Result<KnownPlugin, HostError> {
        let host = try host()
        if let plugin = host.plugins.first(where: { $0.path == path }) { return .success(plugin) }
        let cause = host.broken.first { $0.path == path }?.cause
        return .failure(cause ?? HostError(.data, "\(path): a shared library, but no plugin"))
    }

    /// The plugin, for checks that need it to load.
    func plugin() throws -> KnownPlugin {
        switch try scanned() {
        case .success(let plugin):
            try host().startEngine()
            return plugin
        case .failure(let cause): throw Check.Skip(reason: "it does not load: \(cause.message)")
        }
    }
}

/// A component as something to be run: images in, a tensor out.
struct Model {
    let component: ComponentInfo
    let module: any Module
    let shape: ImageShape
    let run: (Tensor) throws -> Tensor
    var parameters: Parameters { module.parameters }
    var name: String { "\(component.kind) '\(component.id)'" }
    /// Evaluates without recording gradients.
    func evaluate(_ x: Tensor) throws -> Tensor { try noGrad { try run(x) } }
    func values(_ x: Tensor) throws -> [Double] { try evaluate(x).doubles() }
}

extension Bench {
    /// Inputs to try: the first that a component accepts is used.
    static let shapes = [
        ImageShape(1, 28, 28), ImageShape(1, 60, 60), ImageShape(3, 64, 64), ImageShape(1, 112, 112), ImageShape(16, 10, 10),
    ]
    static let classes = 10
    /// The number of parameters of the family that localization nets are made for.
    static let familyParameters = 6

    func images(_ count: Int, _ shape: ImageShape, salt: UInt64 = 0) throws -> Tensor {
        try Tensor.randn([count, shape.channels, shape.height, shape.width], generator: Generator(seed: seed &+ 3 &+ salt))
    }

    /// Every component of the plugin, with default settings, for the first shape that it takes.
    ///
    /// - Throws: `Check.Skip` if there is none that could be made here.
    func models(_ kinds: Set<Kind> = Set(Kind.allCases), salt: UInt64 = 0) throws -> [Model] {
        if let entry {
            guard kinds.contains(.architecture) else { throw Check.Skip(reason: "an entry is an architecture") }
            let component = try host().component(.architecture, entry.entry.architecture.id)
            return [try wired(component, entry.entry, entry.input, salt: salt)]
        }
        let components = try plugin().components.filter { kinds.contains($0.kind) }
        guard !components.isEmpty else { throw Check.Skip(reason: "it has no component of that kind") }
        var reasons: [String] = []
        let models = components.compactMap { component -> Model? in
            do { return try model(component, salt: salt) } catch {
                reasons.append("\(component.kind) '\(component.id)': \(error)")
                return nil
            }
        }
        guard !models.isEmpty else { throw Check.Skip(reason: reasons.joined(separator: "; ")) }
        return models
    }

    /// An instance with default settings. The same salt gives the same weights.
    func model(_ component: ComponentInfo, salt: UInt64 = 0) throws -> Model {
        var reasons: [String] = []
        for shape in Self.shapes {
            do { return try model(component, shape: shape, settings: nil, salt: salt) } catch let error as ZooError {
                reasons.append("\(shape): \(error)")
            } catch let error as HostError where error.kind == .config { reasons.append("\(shape): \(error)") }
        }
        throw ZooError("it accepts none of the shapes tried: \(reasons.joined(separator: "; "))")
    }

    /// - Parameter settings: in the order of the options; nil: the defaults.
    func model(_ component: ComponentInfo, shape: ImageShape, settings: [Setting]?, salt: UInt64 = 0) throws -> Model {
        let host = try host()
        try EngineControl.seed(seed &+ salt)
        func part(_ outputs: Int) throws -> ForeignPart {
            guard let settings else { return try host.part(component, input: shape, outputs: outputs) }
            return try host.part(component, settings: settings, input: shape, outputs: outputs)
        }
        switch component.kind {
        case .extractor:
            let module = try ForeignExtractor(part(Self.classes))
            return Model(component: component, module: module, shape: shape) { try module.logits($0) }
        case .localization:
            let module = try ForeignLocalization(part(Self.familyParameters))
            return Model(component: component, module: module, shape: shape) { try module.forward($0) }
        case .transformer:
            let module = try ForeignTransformer(part(0))
            let offset = try Tensor.randn([1, module.parameterCount], generator: Generator(seed: seed &+ 5)) * 0.1
            return Model(component: component, module: module, shape: shape) { x in
                let count = x.shape.first ?? 0
                let offsets = try offset.to(dtype: x.dtype == .float64 ? .float64 : .float32).expand([count, module.parameterCount])
                return try module.warp(x, module.transformation(offset: offsets))
            }
        case .architecture:
            return try wired(component, shape, settings, host)
        }
    }

    /// An architecture with its slots filled: by the plugin's own components where it has any, else by the first others that fit together.
    private func wired(_ component: ComponentInfo, _ shape: ImageShape, _ settings: [Setting]?, _ host: HostRuntime) throws -> Model {
        var fillings: [[String: String]] = [[:]]
        for slot in component.slots {
            let own = host.components.filter { $0.kind == slot.kind }
            let list = own.filter { $0.file == path } + own.filter { $0.file != path }
            guard !list.isEmpty else {
                if !slot.isRequired { continue }
                throw Check.Skip(
                    reason: "no plugin offers a \(slot.kind) for slot '\(slot.name)'; name their directory with \(ProgramOption.pluginPath)"
                )
            }
            fillings = fillings.flatMap { filling in list.prefix(12).map { part in filling.merging([slot.name: part.id]) { $1 } } }
        }
        var reason: (any Error)?
        for filling in fillings.prefix(40) {
            do {
                return try wired(component, entry(component, filling, settings), shape)
            } catch { reason = reason ?? error }
        }
        throw ZooError("\(reason.map { "\($0)" } ?? "it cannot be wired")")
    }

    private func wired(_ component: ComponentInfo, _ entry: Entry, _ shape: ImageShape, salt: UInt64 = 0) throws -> Model {
        let module = try host().network(entry, input: shape, classes: Self.classes, seed: seed &+ salt).architecture
        return Model(component: component, module: module, shape: shape) { try module.forward($0, trace: nil) }
    }

    private func entry(_ component: ComponentInfo, _ parts: [String: String], _ settings: [Setting]?) throws -> Entry {
        var config: [String: JSON] = [:]
        for (option, setting) in zip(component.options, settings ?? []) { config[option.name] = JSON(setting) }
        let value = JSON.object([
            "version": .int(1),
            "entries": .array([
                .object([
                    "id": .string("check"), "architecture": .object(["id": .string(component.id), "config": .object(config)]),
                    "parts": .object(parts.mapValues(JSON.string)),
                ])
            ]),
        ])
        return try Manifest(contents: JSONEncoder().encode(value), path: "check").entry("check")
    }

    /// The difference relative to the largest value; infinite for different shapes, NaN or infinity.
    static func difference(_ a: [Double], _ b: [Double]) -> Double {
        guard a.count == b.count else { return .infinity }
        let scale = a.reduce(1e-6) { max($0, abs($1)) }
        return zip(a, b).reduce(0) { worst, pair in
            let gap = abs(pair.0 - pair.1) / scale
            return gap.isNaN ? .infinity : max(worst, gap)
        }
    }
}
