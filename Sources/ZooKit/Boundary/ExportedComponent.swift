import CZooPlugin

/// What a component's `context` points at.
private final class Origin {
    let type: any Component.Type
    let names: [String]
    let wiring: Published<zoo_wiring_v1>?
    let files: Published<zoo_files_v1>?
    let losses: Published<zoo_losses_v1>?
    let kind: Kind?
    init(_ type: any Component.Type) {
        self.type = type
        kind = Kind(of: type)
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
        let extra = type.losses.map { zoo_loss_v1(name: published($0.name), help: published($0.help), weight: $0.weight) }
        losses =
            extra.isEmpty
            ? nil
            : Published(
                zoo_losses_v1(
                    struct_size: UInt32(MemoryLayout<zoo_losses_v1>.size), count: UInt32(extra.count), losses: published(extra)))
    }

    func find(_ id: String) -> UnsafeRawPointer? {
        switch id {
        case ZOO_EXT_WIRING: UnsafeRawPointer(wiring?.pointer)
        case ZOO_EXT_FILES: UnsafeRawPointer(files?.pointer)
        case ZOO_EXT_LOSSES: UnsafeRawPointer(losses?.pointer)
        case ZOO_EXT_TRAITS: UnsafeRawPointer(ExportedTables.traits.pointer)
        case ZOO_EXT_SCALING: kind == .extractor ? UnsafeRawPointer(ExportedTables.scaling.pointer) : nil
        default: nil
        }
    }
}

extension zoo_component_v1 {
    /// The description of a type for the other side of the boundary, with functions that make and use its instances.
    init(exporting type: any Component.Type) {
        let options = type.options.map { option in
            zoo_option_v1(
                name: published(option.name), help: published(option.help), type: zoo_tag(option.type.rawValue),
                fallback: option.fallback?.value(keeping: publishedBytes) ?? zoo_value(), minimum: option.range.lowerBound,
                maximum: option.range.upperBound,
                choices: option.choices.flatMap { published($0.map { Optional(published($0)) } + [nil]) })
        }
        let slots = type.slots.map {
            zoo_slot_v1(
                name: published($0.name), help: published($0.help), kind: zoo_kind($0.kind.rawValue), required: $0.isRequired ? 1 : 0)
        }
        let kind = Kind(of: type)
        let table: UnsafeRawPointer? =
            switch kind {
            case .extractor: UnsafeRawPointer(ExportedTables.extractor.pointer)
            case .transformer: UnsafeRawPointer(ExportedTables.transformer.pointer)
            case .localization: UnsafeRawPointer(ExportedTables.localization.pointer)
            case .architecture: UnsafeRawPointer(ExportedTables.architecture.pointer)
            case nil: nil
            }
        self.init(
            struct_size: UInt32(MemoryLayout<zoo_component_v1>.size), kind: zoo_kind(kind?.rawValue ?? 0), id: published(type.id),
            summary: published(type.summary), paper: published(type.paper), options: published(options),
            option_count: UInt32(options.count),
            slots: published(slots), slot_count: UInt32(slots.count), context: Unmanaged.passRetained(Origin(type)).toOpaque(),
            create: { component, build, out in
                report {
                    guard let component, let build, let out, let context = component.pointee.context else {
                        throw ZooError("create was called without a build", .badArgument)
                    }
                    let origin = Unmanaged<Origin>.fromOpaque(context).takeUnretainedValue()
                    let instance = try origin.type.init(Build(build.pointee, id: origin.type.id, names: origin.names))
                    out.pointee = Unmanaged.passRetained(InstanceBox(instance)).toOpaque()
                }
            },
            destroy: { me in if let me { Unmanaged<InstanceBox>.fromOpaque(me).release() } },
            state: { me, index, out in
                let box = InstanceBox.of(me)
                guard let out, let entry = box.entry(Int(index)) else {
                    return Engine.host.pointee.fail(
                        ZOO_NOT_FOUND, "there are \(box.module.parameters.entries.count) parameters and buffers")
                }
                out.pointee = zoo_state_v1(name: entry.name, role: zoo_role(entry.role.rawValue), tensor: entry.tensor.given())
                return ZOO_OK
            },
            set_training: { me, on in report { try InstanceBox.of(me).module.parameters.setTraining(on != 0) } },
            table: table,
            extension: { component, id in
                guard let context = component?.pointee.context, let id else { return nil }
                return Unmanaged<Origin>.fromOpaque(context).takeUnretainedValue().find(String(cString: id))
            })
    }
}

extension Kind {
    /// The kind of a component's type, or nil if it conforms to none of the four protocols.
    init?(of type: any Component.Type) {
        if type is any FeatureExtractor.Type {
            self = .extractor
        } else if type is any SpatialTransformer.Type {
            self = .transformer
        } else if type is any LocalizationNet.Type {
            self = .localization
        } else if type is any Architecture.Type {
            self = .architecture
        } else {
            return nil
        }
    }
}

extension Build {
    fileprivate init(_ build: zoo_build_v1, id: String, names: [String]) throws(ZooError) {
        guard build.resize_count == 0 || build.resizes != nil else {
            throw ZooError("\(build.resize_count) resamplings are announced and none is there", .badArgument)
        }
        resamplings = UnsafeBufferPointer(start: build.resizes, count: Int(build.resize_count)).map {
            Resampling(after: Int($0.stage), height: Int($0.height), width: Int($0.width))
        }
        input = ImageShape(Int(build.channels), Int(build.height), Int(build.width))
        outputs = Int(build.outputs)
        self.id = id
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
