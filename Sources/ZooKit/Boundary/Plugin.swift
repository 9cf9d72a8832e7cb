import CZooPlugin

/// A plugin's components, ready to be handed to a host.
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
/// These lines are the whole of a plugin's entry. The descriptor must be one literal: the host reads it from the
/// library's file before loading it.
public struct Plugin: @unchecked Sendable {  // immutable: metatypes, and tables that are never written again
    private let descriptor: StaticString
    private let types: [any Component.Type]
    private let table: Published<zoo_plugin_table_v1>

    /// Makes the plugin's table.
    ///
    /// - Parameters:
    ///   - descriptor: Lines "field: value" after the line with the version of the contract: id, version, licence,
    ///     summary, authors and, if there are any, papers.
    ///   - types: The components. Their ids are unique within each kind.
    public init(_ descriptor: StaticString, _ types: [any Component.Type]) {
        self.descriptor = descriptor
        self.types = types
        let components = types.map { Published(zoo_component_v1(exporting: $0)) }
        let list = UnsafeMutableBufferPointer<UnsafePointer<zoo_component_v1>?>.allocate(capacity: components.count)
        _ = list.initialize(from: components.map { $0.pointer })
        table = Published(
            zoo_plugin_table_v1(
                magic: ZOO_MAGIC, abi_major: ZOO_ABI_MAJOR, abi_minor: ZOO_ABI_MINOR,
                struct_size: UInt32(MemoryLayout<zoo_plugin_table_v1>.size),
                descriptor: UnsafeRawPointer(descriptor.utf8Start).assumingMemoryBound(to: CChar.self),
                components: UnsafePointer(list.baseAddress), component_count: UInt32(components.count), extension: nil))
    }

    /// Connects ZooKit to the host and returns what the entry function hands to it: the plugin's table, or nil if the
    /// host speaks another version of the contract.
    public func attach(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? {
        guard let host, Engine.attach(host.assumingMemoryBound(to: zoo_host_v1.self)) else { return nil }
        if let stray = types.first(where: { Kind(of: $0) == nil }) {
            _ = Engine.host.pointee.fail(ZOO_BAD_ARGUMENT, "the type \(stray) conforms to none of the four kinds of component")
            return nil
        }
        return UnsafeRawPointer(table.pointer)
    }
}
