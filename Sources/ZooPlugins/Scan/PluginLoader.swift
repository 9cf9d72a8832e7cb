package import CZooPlugin
package import ZooCore
import ZooKit

/// Takes a plugin into this process.
package enum PluginLoader {
    package struct Component {
        package let info: ComponentInfo
        package let table: UnsafePointer<zoo_component_v1>
    }

    private static let mostComponents = 10_000

    /// Loads a plugin and reads its tables.
    ///
    /// - Parameters:
    ///   - copy: where the bytes are taken from; errors name the path at which the plugin was found.
    ///   - host: the table of the engine, which runs.
    /// - Throws: `unavailable` if it does not load or takes no such host, `data` if its tables do not fit.
    package static func load(
        _ file: PluginFile, from copy: String, host: UnsafePointer<zoo_host_v1>?
    ) throws(HostError) -> [Component] {
        let path = file.library.path
        guard let symbol = file.entrySymbol else { throw HostError(.data, "\(path): the entry function 'zoo_plugin_v1' is not exported") }
        let entry = try LibraryLoader.load(copy, symbol: symbol, called: path)
        guard let table = entry(host)?.pointee else {
            let reason = host?.pointee.last_error().map { String(cString: $0) } ?? ""
            throw HostError(.unavailable, "\(path): the plugin refused this host\(reason.isEmpty ? "" : ": " + reason)")
        }
        guard table.magic == ZOO_MAGIC, table.abi_major == ZOO_ABI_MAJOR, table.struct_size >= MemoryLayout<zoo_plugin_table_v1>.size else {
            throw HostError(
                .data,
                "\(path): its table is of contract \(table.abi_major).\(table.abi_minor) with \(table.struct_size) bytes; this host needs \(ZOO_ABI_MAJOR).x and \(MemoryLayout<zoo_plugin_table_v1>.size)"
            )
        }
        guard let text = table.descriptor.map({ String(cString: $0) }), text == file.descriptor.text else {
            throw HostError(.data, "\(path): the descriptor in its table is not the one in its file")
        }
        var components: [Component] = []
        guard table.component_count <= mostComponents, table.component_count == 0 || table.components != nil else {
            throw HostError(.data, "\(path): its table announces \(table.component_count) components that are not there")
        }
        for index in 0..<Int(table.component_count) {
            let pointer = table.components?[index]
            let info = try ComponentInfo(pointer, file: path)
            guard let pointer else { continue }
            if components.contains(where: { $0.info.kind == info.kind && $0.info.id == info.id }) {
                throw HostError(.data, "\(path): it offers two components \(info.kind)/\(info.id)")
            }
            components.append(Component(info: info, table: pointer))
        }
        guard !components.isEmpty else { throw HostError(.data, "\(path): the plugin offers no component") }
        return components
    }
}
