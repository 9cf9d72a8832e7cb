public import CZooPlugin

/// A plugin's components, ready to be handed to a host. The whole of a plugin's entry is:
///
///     private let plugin = Plugin("""
///         ZOO-PLUGIN-DESCRIPTOR 1.0
///         id: SqueezeLoc
///         version: 1.0.0
///         licence: Apache-2.0
///         summary: Squeeze-excite localization nets
///         authors: A. Author
///         """, [SqueezeLocalization.self])
///
///     @c(libSqueezeLoc_LTX_zoo_plugin_v1)
///     public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
///
/// The descriptor must be one literal: the host reads it from the library's file before loading it.
public struct Plugin: @unchecked Sendable {  // immutable: metatypes, and tables that are never written again
    private let descriptor: StaticString
    private let types: [any Component.Type]
    private let table: Published<zoo_plugin_table_v1>

    public init(_ descriptor: StaticString, _ types: [any Component.Type]) {
        self.descriptor = descriptor
        self.types = types
        let components = types.map { Published(exported($0)) }
        let list = UnsafeMutableBufferPointer<UnsafePointer<zoo_component_v1>?>.allocate(capacity: components.count)
        _ = list.initialize(from: components.map { $0.pointer })
        table = Published(
            zoo_plugin_table_v1(
                magic: ZOO_MAGIC, abi_major: ZOO_ABI_MAJOR, abi_minor: ZOO_ABI_MINOR,
                struct_size: UInt32(MemoryLayout<zoo_plugin_table_v1>.size),
                descriptor: UnsafeRawPointer(descriptor.utf8Start).assumingMemoryBound(to: CChar.self),
                components: UnsafePointer(list.baseAddress), component_count: UInt32(components.count), extension: nil))
    }

    /// What the entry function returns: the plugin's table, or nil if this host will not do.
    public func attach(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? {
        guard let host, Engine.attach(host.assumingMemoryBound(to: zoo_host_v1.self)) else { return nil }
        if let stray = types.first(where: { kind(of: $0) == nil }) {
            _ = Engine.host.pointee.fail(ZOO_BAD_ARGUMENT, "the type \(stray) conforms to none of the four kinds of component")
            return nil
        }
        return UnsafeRawPointer(table.pointer)
    }
}

/// A C struct that is never freed and never written again.
struct Published<T>: @unchecked Sendable {
    let pointer: UnsafePointer<T>
    init(_ value: T) {
        let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
        memory.initialize(to: value)
        pointer = UnsafePointer(memory)
    }
}

private func published(_ text: String) -> UnsafePointer<CChar> {
    published(Array(text.utf8CString)).unsafelyUnwrapped  // never empty: the NUL is always there
}

private func published<T>(_ values: [T]) -> UnsafePointer<T>? {
    values.withUnsafeBytes(publishedBytes)?.assumingMemoryBound(to: T.self)
}

/// A copy that is never freed; nil of nothing.
private func publishedBytes(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer? {
    guard !bytes.isEmpty else { return nil }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    memory.copyMemory(from: bytes)
    return UnsafeRawPointer(memory.baseAddress)
}

private func kind(of type: any Component.Type) -> Kind? {
    if type is any FeatureExtractor.Type { return .extractor }
    if type is any SpatialTransformer.Type { return .transformer }
    if type is any LocalizationNet.Type { return .localization }
    if type is any Architecture.Type { return .architecture }
    return nil
}

extension Setting {
    /// As a value of the contract.
    ///
    /// - Parameter keep: copies bytes, aligned for any of them, to memory that is there for as long as the value is used.
    public func value(keeping keep: (UnsafeRawBufferPointer) -> UnsafeRawPointer?) -> zoo_value {
        var value = zoo_value()
        func list<T>(_ values: [T], count: Int) -> UnsafePointer<T>? {
            value.count = UInt32(count)
            return values.withUnsafeBytes(keep)?.assumingMemoryBound(to: T.self)
        }
        switch self {
        case .bool(let on):
            value.tag = ZOO_BOOL
            value.as.i = on ? 1 : 0
        case .int(let number):
            value.tag = ZOO_INT
            value.as.i = Int64(number)
        case .double(let number):
            value.tag = ZOO_DOUBLE
            value.as.d = number
        case .string(let text):
            value.tag = ZOO_STRING
            value.as.string = list(Array(text.utf8CString), count: text.utf8.count)
        case .ints(let numbers):
            value.tag = ZOO_INTS
            value.as.ints = list(numbers.map(Int64.init), count: numbers.count)
        case .doubles(let numbers):
            value.tag = ZOO_DOUBLES
            value.as.doubles = list(numbers, count: numbers.count)
        }
        return value
    }

    /// Elements of a list or bytes of a text; a value that claims more is taken for garbled.
    private static let mostElements = 1 << 20

    /// From a value of the contract; nil if it is none that a setting can have.
    public init?(_ value: UnsafePointer<zoo_value>) {
        let value = value.pointee
        let count = Int(value.count)
        guard count <= Self.mostElements || [ZOO_BOOL, ZOO_INT, ZOO_DOUBLE].contains(value.tag) else { return nil }
        switch value.tag {
        case ZOO_BOOL: self = .bool(value.as.i != 0)
        case ZOO_INT: self = .int(Int(value.as.i))
        case ZOO_DOUBLE: self = .double(value.as.d)
        case ZOO_STRING:
            guard let text = value.as.string else { return nil }
            let bytes = UnsafeRawBufferPointer(start: text, count: count)
            self = .string(String(decoding: bytes, as: UTF8.self))
        case ZOO_INTS:
            guard count == 0 || value.as.ints != nil else { return nil }
            self = .ints(UnsafeBufferPointer(start: value.as.ints, count: count).map { Int($0) })
        case ZOO_DOUBLES:
            guard count == 0 || value.as.doubles != nil else { return nil }
            self = .doubles(Array(UnsafeBufferPointer(start: value.as.doubles, count: count)))
        default: return nil
        }
    }
}

// MARK: A type becomes a C table

/// What a component's `context` points at.
private final class Origin {
    let type: any Component.Type
    let names: [String]
    let wiring: Published<zoo_wiring_v1>?
    let files: Published<zoo_files_v1>?
    init(_ type: any Component.Type) {
        self.type = type
        names = type.options.map(\.name)
        wiring = type.wiring.map {
            Published(
                zoo_wiring_v1(
                    struct_size: UInt32(MemoryLayout<zoo_wiring_v1>.size), target: zoo_target($0.target.rawValue),
                    drawing: published($0.drawing)))
        }
        let list = type.options.compactMap { option in
            option.file.map { zoo_file_v1(option: published(option.name), contents: zoo_file_contents($0.rawValue)) }
        }
        files =
            list.isEmpty
            ? nil
            : Published(
                zoo_files_v1(struct_size: UInt32(MemoryLayout<zoo_files_v1>.size), count: UInt32(list.count), files: published(list)))
    }

    func find(_ id: String) -> UnsafeRawPointer? {
        switch id {
        case ZOO_EXT_WIRING: UnsafeRawPointer(wiring?.pointer)
        case ZOO_EXT_FILES: UnsafeRawPointer(files?.pointer)
        default: nil
        }
    }
}

private func exported(_ type: any Component.Type) -> zoo_component_v1 {
    let options = type.options.map { option in
        zoo_option_v1(
            name: published(option.name), help: published(option.help), type: zoo_tag(option.type.rawValue),
            fallback: option.fallback?.value(keeping: publishedBytes) ?? zoo_value(), minimum: option.range.lowerBound,
            maximum: option.range.upperBound,
            choices: option.choices.flatMap { published($0.map { Optional(published($0)) } + [nil]) })
    }
    let slots = type.slots.map {
        zoo_slot_v1(name: published($0.name), help: published($0.help), kind: zoo_kind($0.kind.rawValue), required: $0.isRequired ? 1 : 0)
    }
    let kind = kind(of: type)
    let table: UnsafeRawPointer? =
        switch kind {
        case .extractor: UnsafeRawPointer(extractorTable.pointer)
        case .transformer: UnsafeRawPointer(transformerTable.pointer)
        case .localization: UnsafeRawPointer(localizationTable.pointer)
        case .architecture: UnsafeRawPointer(architectureTable.pointer)
        case nil: nil
        }
    return zoo_component_v1(
        struct_size: UInt32(MemoryLayout<zoo_component_v1>.size), kind: zoo_kind(kind?.rawValue ?? 0), id: published(type.id),
        summary: published(type.summary), paper: published(type.paper), options: published(options), option_count: UInt32(options.count),
        slots: published(slots), slot_count: UInt32(slots.count), context: Unmanaged.passRetained(Origin(type)).toOpaque(),
        create: { component, build, out in
            report {
                guard let component, let build, let out, let context = component.pointee.context else {
                    throw ZooError("create was called without a build", .badArgument)
                }
                let origin = Unmanaged<Origin>.fromOpaque(context).takeUnretainedValue()
                let instance = try origin.type.init(Build(build.pointee, names: origin.names))
                out.pointee = Unmanaged.passRetained(Box(instance)).toOpaque()
            }
        },
        destroy: { me in if let me { Unmanaged<Box>.fromOpaque(me).release() } },
        state: { me, index, out in
            let box = Box.of(me)
            guard let out, let entry = box.entry(Int(index)) else {
                return Engine.host.pointee.fail(ZOO_NOT_FOUND, "there are \(box.module.parameters.entries.count) parameters and buffers")
            }
            out.pointee = zoo_state_v1(name: entry.name, role: zoo_role(entry.role.rawValue), tensor: entry.tensor.given())
            return ZOO_OK
        },
        set_training: { me, on in report { try Box.of(me).module.parameters.setTraining(on != 0) } },
        table: table,
        extension: { component, id in
            guard let context = component?.pointee.context, let id else { return nil }
            return Unmanaged<Origin>.fromOpaque(context).takeUnretainedValue().find(String(cString: id))
        })
}

extension Build {
    fileprivate init(_ build: zoo_build_v1, names: [String]) throws(ZooError) {
        guard build.resize_count == 0 || build.resizes != nil else {
            throw ZooError("\(build.resize_count) resamplings are announced and none is there", .badArgument)
        }
        resamplings = UnsafeBufferPointer(start: build.resizes, count: Int(build.resize_count)).map {
            Resampling(after: Int($0.stage), height: Int($0.height), width: Int($0.width))
        }
        input = ImageShape(Int(build.channels), Int(build.height), Int(build.width))
        outputs = Int(build.outputs)
        builder = build.builder
        guard Int(build.setting_count) == names.count else {
            throw ZooError("\(build.setting_count) settings for a component with \(names.count) options", .badArgument)
        }
        var settings: [String: Setting] = [:]
        for (index, name) in names.enumerated() {
            guard let values = build.settings, let setting = Setting(values + index) else {
                throw ZooError("the setting '\(name)' has no value", .badArgument)
            }
            settings[name] = setting
        }
        self.settings = settings
    }
}

/// An instance behind a `void *`, with its names as C strings.
private final class Box {
    let module: any Module
    let extractor: (any FeatureExtractor)?
    let transformer: (any SpatialTransformer)?
    let localization: (any LocalizationNet)?
    let architecture: (any Architecture)?
    private var names: [UnsafePointer<CChar>] = []
    private var stageNames: [UnsafePointer<CChar>] = []

    init(_ module: any Module) {
        self.module = module
        extractor = module as? any FeatureExtractor
        transformer = module as? any SpatialTransformer
        localization = module as? any LocalizationNet
        architecture = module as? any Architecture
    }
    deinit { (names + stageNames).forEach { $0.deallocate() } }

    static func of(_ pointer: UnsafeMutableRawPointer?) -> Box {
        guard let pointer else { preconditionFailure("the host passed no instance") }
        return Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue()
    }

    func entry(_ index: Int) -> (name: UnsafePointer<CChar>, role: Parameters.Role, tensor: Tensor)? {
        let entries = module.parameters.entries
        guard entries.indices.contains(index) else { return nil }
        while names.count <= index { names.append(published(entries[names.count].name)) }
        return (names[index], entries[index].role, entries[index].tensor)
    }

    func stageName(_ index: Int, _ stages: [Stage]) -> UnsafePointer<CChar> {
        while stageNames.count <= index { stageNames.append(published(stages[stageNames.count].name)) }
        return stageNames[index]
    }
}

/// Runs a function of one kind and hands its tensor out.
private func give(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws -> Tensor?) -> zoo_status {
    report {
        guard let result = try body(), let out else {
            throw ZooError("called with a wrong kind of instance or without a place for the result", .badArgument)
        }
        out.pointee = result.given()
    }
}

private func tensor(_ pointer: OpaquePointer?) throws -> Tensor {
    guard let pointer else { throw ZooError("an undefined tensor came in", .badArgument) }
    return Tensor(sharing: pointer)
}

private let extractorTable = Published(
    zoo_extractor_v1(
        struct_size: UInt32(MemoryLayout<zoo_extractor_v1>.size),
        stage_count: { UInt32(clamping: Box.of($0).extractor?.stages.count ?? 0) },
        stage: { me, index, out in
            let box = Box.of(me)
            let stages = box.extractor?.stages ?? []
            guard let out, stages.indices.contains(Int(index)) else {
                return Engine.host.pointee.fail(ZOO_NOT_FOUND, "there are \(stages.count) stages")
            }
            let stage = stages[Int(index)]
            out.pointee = zoo_stage_v1(
                name: box.stageName(Int(index), stages), channels: Int64(stage.channels), height: Int64(stage.height),
                width: Int64(stage.width), stride: stage.stride, rotations: Int32(clamping: stage.symmetry.rotations),
                mirror: stage.symmetry.mirror ? 1 : 0)
            return ZOO_OK
        },
        forward: { me, first, last, x, out in
            give(out) {
                let extractor = Box.of(me).extractor
                guard first <= last, Int(last) <= extractor?.stages.count ?? 0 else {
                    throw ZooError("stages \(first) ..< \(last) of an extractor that has \(extractor?.stages.count ?? 0)", .badArgument)
                }
                return try extractor?.forward(tensor(x), stages: Int(first)..<Int(last))
            }
        },
        classify: { me, features, out in give(out) { try Box.of(me).extractor?.classify(tensor(features)) } },
        permutation: { me, stage, rotation, mirror, out in
            report {
                guard let out, let extractor = Box.of(me).extractor else { throw ZooError("no place for the permutation", .badArgument) }
                let stages = extractor.stages
                guard stages.indices.contains(Int(stage)) else { throw ZooError("there are \(stages.count) stages", .notFound) }
                let list = try extractor.permutation(stage: Int(stage), rotation: Int(rotation), mirror: mirror != 0)
                guard list.count == stages[Int(stage)].channels else {
                    throw ZooError(
                        "its permutation of stage \(stage + 1) has \(list.count) channels, the stage \(stages[Int(stage)].channels)")
                }
                for (index, channel) in list.enumerated() { out[index] = Int64(channel) }
            }
        }))

private let transformerTable = Published(
    zoo_transformer_v1(
        struct_size: UInt32(MemoryLayout<zoo_transformer_v1>.size),
        parameter_count: { UInt32(clamping: Box.of($0).transformer?.parameterCount ?? 0) },
        flags: { me in
            let family = Box.of(me).transformer
            return (family?.composes == true ? ZOO_COMPOSES.rawValue : 0) | (family?.inverts == true ? ZOO_INVERTS.rawValue : 0)
        },
        identity: { me, out in
            report {
                guard let family = Box.of(me).transformer, let out else { throw ZooError("no place for the identity", .badArgument) }
                let identity = family.identity
                guard identity.count == family.parameterCount else {
                    throw ZooError("its identity has \(identity.count) numbers, the family \(family.parameterCount) parameters")
                }
                for (index, value) in identity.enumerated() { out[index] = value }
            }
        },
        output_size: { me, height, width, outHeight, outWidth in
            report {
                guard let family = Box.of(me).transformer, let outHeight, let outWidth else {
                    throw ZooError("no place for the size", .badArgument)
                }
                let size = family.outputSize(height: Int(height), width: Int(width))
                outHeight.pointee = Int64(size.height)
                outWidth.pointee = Int64(size.width)
            }
        },
        transformation: { me, parameters, out in give(out) { try Box.of(me).transformer?.transformation(tensor(parameters)) } },
        compose: { me, first, second, out in give(out) { try Box.of(me).transformer?.compose(tensor(first), tensor(second)) } },
        invert: { me, theta, out in give(out) { try Box.of(me).transformer?.invert(tensor(theta)) } },
        warp: { me, images, theta, height, width, out in
            give(out) { try Box.of(me).transformer?.warp(tensor(images), tensor(theta), height: Int(height), width: Int(width)) }
        }))

private let localizationTable = Published(
    zoo_localization_v1(
        struct_size: UInt32(MemoryLayout<zoo_localization_v1>.size),
        forward: { me, x, out in give(out) { try Box.of(me).localization?.forward(tensor(x)) } }))

private let architectureTable = Published(
    zoo_architecture_v1(
        struct_size: UInt32(MemoryLayout<zoo_architecture_v1>.size),
        forward: { me, x, trace, out in
            give(out) {
                guard let trace, let record = trace.pointee.record else {
                    return try Box.of(me).architecture?.forward(tensor(x), trace: nil)
                }
                let context = trace.pointee.context
                return try Box.of(me).architecture?.forward(
                    tensor(x),
                    trace: Trace { name, tensor in
                        record(context, name, tensor.handle.pointer)
                        withExtendedLifetime(tensor) {}
                    })
            }
        }))
