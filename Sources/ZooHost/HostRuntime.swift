import CEngine
import CZooPlugin
public import ZooKit

/// A plugin that is loaded.
public struct LoadedPlugin: Sendable {
    public let path: String
    public let descriptor: PluginDescriptor
    public let components: [ComponentInfo]
    /// The library's file name.
    public var fileName: String { String(path.split(separator: "/").last ?? "") }
}

/// A file that looks like a plugin and could not be used.
public struct BrokenPlugin: Sendable {
    public let path: String
    public let cause: HostError
}

/// The runtime: the engine, the plugins found on the search path, and how entries become networks.
///
/// One per process; use it from one task at a time.
public final class HostRuntime {
    public let searchPath: SearchPath
    public private(set) var plugins: [LoadedPlugin] = []
    public private(set) var broken: [BrokenPlugin] = []

    /// Starts the engine and loads every plugin on the path. A plugin that cannot be used is listed in `broken` and does no harm.
    ///
    /// The first plugin of an id wins, as with programs on `PATH`; a later one, or one with a component that is already
    /// there, is listed as broken with the name of the file that came first.
    ///
    /// - Throws: `unavailable` if the engine does not start.
    public init(searchPath: SearchPath, threads: Int? = nil) throws(HostError) {
        self.searchPath = searchPath
        try EngineControl.start(threads: threads)
        for path in try LibraryLoader.candidates(in: searchPath.directories) {
            do throws(HostError) {
                guard let plugin = try load(path) else { continue }
                plugins.append(plugin)
            } catch {
                broken.append(BrokenPlugin(path: path, cause: error))
            }
        }
    }

    /// Starts the engine and loads one plugin and no other, whatever lies on the search path: to look at it.
    ///
    /// - Throws: `unavailable` if the engine does not start, `data` if the file is no plugin; one that fails to load is in `broken`.
    public init(only path: String) throws(HostError) {
        searchPath = try SearchPath(environment: [:])
        try EngineControl.start()
        do throws(HostError) {
            guard let plugin = try load(path) else { throw HostError(.data, "\(path): not a plugin: it carries no descriptor") }
            plugins = [plugin]
        } catch { broken = [BrokenPlugin(path: path, cause: error)] }
    }

    private func load(_ path: String) throws(HostError) -> LoadedPlugin? {
        let file: PluginFile
        do {
            guard let found = try PluginFile(path: path) else { return nil }
            file = found
            try file.requireLoadable(engine: Engine.name)
        } catch {
            throw error as? HostError ?? HostError(.io, "\(path): \(error)")
        }
        let descriptor = file.descriptor
        if let first = plugins.first(where: { $0.descriptor.id == descriptor.id }) {
            throw HostError(
                .config, "\(path): the plugin id '\(descriptor.id)' is taken by \(first.path), which comes first on the search path")
        }
        guard let symbol = file.entrySymbol else { throw HostError(.data, "\(path): the entry function 'zoo_plugin_v1' is not exported") }
        let entry = try LibraryLoader.load(path, symbol: symbol)
        guard let table = entry(EngineLibrary.table.host)?.pointee else {
            let reason = EngineLibrary.table.host.pointee.last_error().map { String(cString: $0) } ?? ""
            throw HostError(.data, "\(path): the plugin refused this host\(reason.isEmpty ? "" : ": " + reason)")
        }
        guard table.magic == ZOO_MAGIC, table.abi_major == ZOO_ABI_MAJOR, table.struct_size >= MemoryLayout<zoo_plugin_table_v1>.size else {
            throw HostError(
                .data,
                "\(path): its table is of contract \(table.abi_major).\(table.abi_minor) with \(table.struct_size) bytes; this host needs \(ZOO_ABI_MAJOR).x and \(MemoryLayout<zoo_plugin_table_v1>.size)"
            )
        }
        guard let text = table.descriptor.map({ String(cString: $0) }), text == descriptor.text else {
            throw HostError(.data, "\(path): the descriptor in its table is not the one in its file")
        }
        var components: [ComponentInfo] = []
        for index in 0..<Int(min(table.component_count, 10_000)) {
            let component = try ComponentInfo(table.components?[index], file: path)
            if let first = plugins.lazy.flatMap(\.components).first(where: { $0.kind == component.kind && $0.id == component.id })
                ?? components.first(where: { $0.kind == component.kind && $0.id == component.id })
            {
                throw HostError(.config, "\(path): the \(component.kind) id '\(component.id)' is taken by \(first.file)")
            }
            components.append(component)
        }
        guard !components.isEmpty else { throw HostError(.data, "\(path): the plugin offers no component") }
        return LoadedPlugin(path: path, descriptor: descriptor, components: components)
    }

    /// All components, by kind and then in the order of the plugins.
    public var components: [ComponentInfo] {
        let all = plugins.flatMap(\.components)
        return Kind.allCases.reversed().flatMap { kind in all.filter { $0.kind == kind } }
    }

    /// The component of that kind and id.
    ///
    /// - Throws: `unavailable`, with the nearest id there is, and the plugins that could not be loaded.
    public func component(_ kind: Kind, _ id: String) throws(HostError) -> ComponentInfo {
        let known = components.filter { $0.kind == kind }
        if let found = known.first(where: { $0.id == id }) { return found }
        let excuse = broken.isEmpty ? "" : "; \(broken.count) plugin\(broken.count == 1 ? "" : "s") could not be loaded, see 'zoo doctor'"
        throw HostError(
            .unavailable,
            "no plugin offers the \(kind) '\(id)'\(suggestion(id, known.map(\.id))); looked in \(searchPath.directories.joined(separator: ", "))\(excuse)"
        )
    }
}
