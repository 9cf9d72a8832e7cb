import CEngine
import CZooPlugin
import ZooCore
import ZooKit
import ZooManifest
import ZooPlugins

/// Makes the parts that an architecture asks for while it is being made: what stands behind a `zoo_builder`.
final class PartMaker {
    private let resolved: ResolvedEntry
    private let host: HostRuntime
    /// Why the host itself could not make a part that was asked for: the contract has no status for it.
    private(set) var refusal: HostError.Kind?
    /// The libraries of parts that were asked for by `kind:id`, without repetition.
    private(set) var asked: [String] = []

    init(_ resolved: ResolvedEntry, host: HostRuntime) {
        self.resolved = resolved
        self.host = host
    }

    /// What fills a slot, or the component that `kind:id` names, with its settings; nil for a slot left empty.
    private func filling(_ name: String) throws(HostError) -> (component: ComponentInfo, settings: [Setting])? {
        if let colon = name.firstIndex(of: ":"), let kind = Kind.allCases.first(where: { "\($0)" == name[..<colon] }) {
            let component = try host.component(kind, String(name[name.index(after: colon)...]))
            if !asked.contains(component.file) { asked.append(component.file) }
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
        guard wanted.pointee.resize_count == 0 || wanted.pointee.resizes != nil else {
            return fail(ZOO_BAD_ARGUMENT, "make_part: \(wanted.pointee.resize_count) resamplings are announced and none is there")
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
            return fail(error.kind == .outOfMemory ? ZOO_OUT_OF_MEMORY : ZOO_BAD_ARGUMENT, error.message)
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
        guard status == ZOO_OK else { return status }
        // Who asked may be of any age and believe all that the part says.
        do throws(ZooError) { try ForeignPart.verify(component, instance) } catch {
            component.pointee.destroy?(instance)
            return fail(zoo_status(error.kind.rawValue), error.message)
        }
        out.pointee = zoo_part_v1(component: component, instance: instance)
        return ZOO_OK
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
