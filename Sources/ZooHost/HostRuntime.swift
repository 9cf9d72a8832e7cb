import CEngine
package import CZooPlugin
public import ZooCore
public import ZooKit
public import ZooPlugins

/// The runtime: the plugins found on the search path, the engine, and how entries become networks.
///
/// Finding plugins runs none of their code in this process (see `PluginScan`). The engine starts, and a plugin is loaded, when the first
/// network that needs it is built.
///
/// One per process; use it from one task at a time.
public final class HostRuntime {
    public let searchPath: SearchPath
    public let plugins: [KnownPlugin]
    public let broken: [BrokenPlugin]
    private let threads: Int?
    let lock: PluginLock?
    let trust: Trust
    private let vault: PluginVault?
    /// What has to be loaded for plugins that were handed over rather than found.
    private var planned: [String: PluginVault.Pin] = [:]
    /// Why some of those cannot be loaded, by path.
    private var problems: [String: HostError] = [:]
    /// SHA-256 of what has been loaded into this process, by the path at which it was found: plugins, the libraries that they bring along,
    /// and programs that entries name (TorchScript, AOTInductor).
    public private(set) var loaded: [String: String] = [:]
    /// SHA-256 by path of the libraries that a loaded plugin has brought along, by the plugin's path.
    private var companions: [String: [String: String]] = [:]
    /// Tables of the plugins that are loaded, by path, then `kind/id`.
    private var tables: [String: [String: UnsafePointer<zoo_component_v1>]] = [:]

    /// Finds the plugins on the path. One that cannot be used is listed in `broken` and does no harm.
    ///
    /// The first plugin of an id wins, as with programs on `PATH`; a later one, or one with a component that is already
    /// there, is listed as broken with the name of the file that came first.
    ///
    /// - Parameters:
    ///   - threads: the number of threads of the engine; nil leaves its choice, the number of cores.
    ///   - lock: the only plugins that may be used; nil: all that are trusted.
    ///   - startingEngine: false leaves the engine alone until a network is built. Nothing of ZooKit may be used before.
    ///   - retrying: look again at plugins that crashed or hung when they were last looked at.
    /// - Throws: `unavailable` if the engine does not start, or new plugins cannot be probed.
    public init(
        searchPath: SearchPath, threads: Int? = nil, lock: PluginLock? = nil, startingEngine: Bool = true, retrying: Bool = false
    ) throws(HostError) {
        self.searchPath = searchPath
        self.threads = threads
        self.lock = lock
        let scan = try PluginScan(searchPath, lock: lock, retrying: retrying)
        plugins = scan.plugins
        broken = scan.broken
        trust = Trust(allowed: searchPath.allowed)
        vault = nil
        Programs.judge(by: trust, lock)
        if startingEngine { try startEngine() }
    }

    /// Takes the plugins that another process has found, byte for byte as they were then; nothing is searched.
    ///
    /// - Parameters: as of the other initialiser; `searchPath` says where a plugin that is missing was looked for.
    /// - Throws: `unavailable` if the engine does not start.
    public init(plan: PluginPlan, searchPath: SearchPath, threads: Int? = nil, lock: PluginLock? = nil) throws(HostError) {
        self.searchPath = searchPath
        self.threads = threads
        self.lock = lock
        var plugins: [KnownPlugin] = []
        for item in plan.plugins { plugins.append(try item.plugin()) }
        self.plugins = plugins
        broken = []
        trust = Trust(allowed: searchPath.allowed)
        vault = PluginVault(directory: plan.vault)
        planned = Dictionary(plan.plugins.map { ($0.path, $0.pin) }, uniquingKeysWith: { first, _ in first })
        for item in plan.plugins { problems[item.path] = item.problem }
        Programs.judge(by: trust, lock)
        try startEngine()
    }

    /// What another process needs to load exactly these plugins, even if their files are replaced meanwhile. One that
    /// cannot be copied any more fails there, when something needs it.
    ///
    /// - Throws: `cantCreate` if there is no place for copies.
    public func plan() throws(HostError) -> PluginPlan {
        let vault = try copies()
        var items: [PluginPlan.Item] = []
        for plugin in plugins {
            do throws(HostError) { items.append(.init(plugin, try keep(plugin, in: vault))) } catch {
                items.append(.init(plugin, PluginVault.Pin(sha256: plugin.sha256), problem: error))
            }
        }
        return PluginPlan(vault: vault.directory, plugins: items)
    }

    /// Where copies are, or will be.
    private func copies() throws(HostError) -> PluginVault {
        if let vault { return vault }
        return try PluginVault(cacheDirectory: searchPath.cacheDirectory)
    }

    /// Sees to it that the copy of a plugin is there, made from its file or as it was handed over.
    private func keep(_ plugin: KnownPlugin, in vault: PluginVault) throws(HostError) -> PluginVault.Pin {
        if let problem = problems[plugin.path] { throw problem }
        if let pin = planned[plugin.path], try vault.holds(plugin.path, pin) { return pin }
        let file = try trust.open(plugin.path)
        let pin = try vault.keep(file, sha256: plugin.sha256, trust: trust, vouched: trust.isAllowed(file))
        if let expected = planned[plugin.path], expected != pin {
            throw HostError(.data, "\(plugin.path): what it brings along has changed since the batch was planned; run the command again")
        }
        return pin
    }

    /// Starts the engine, if it does not run yet.
    public func startEngine() throws(HostError) {
        if !EngineControl.isStarted || threads != nil { try EngineControl.start(threads: threads) }
    }

    /// The table of a component, whose plugin is loaded if it is not yet.
    ///
    /// - Throws: `data` if the plugin is no longer what it was when it was found, or does not load.
    package func table(of component: ComponentInfo) throws(HostError) -> UnsafePointer<zoo_component_v1> {
        let name = "\(component.kind)/\(component.id)"
        if let table = tables[component.file]?[name] { return table }
        guard let plugin = plugins.first(where: { $0.path == component.file }) else {
            throw HostError(.software, "\(component.file): not among the plugins of this runtime")
        }
        try startEngine()
        let vault = try copies()
        let pin = try keep(plugin, in: vault)
        let copy = try vault.place(of: plugin.path, pin)
        let changed = HostError(.data, "\(plugin.path): it has changed since it was found; run the command again")
        let found: [PluginLoader.Component]
        do {
            let library = try ELFFile(contents: FileBytes.read(copy), path: plugin.path)
            guard try Checksum.sha256(of: library.contents) == plugin.sha256, let file = try PluginFile(library: library) else {
                throw changed
            }
            try file.requireLoadable(engine: Engine.name)
            found = try PluginLoader.load(file, from: copy, host: EngineLibrary.table.host)
        } catch {
            throw error as? HostError ?? HostError(.io, "\(plugin.path): \(error)")
        }
        loaded[plugin.path] = pin.sha256
        loaded.merge(pin.companions) { _, new in new }
        companions[plugin.path] = pin.companions
        let all = found.map { ("\($0.info.kind)/\($0.info.id)", $0.table) }
        tables[plugin.path] = Dictionary(all, uniquingKeysWith: { first, _ in first })
        guard let table = tables[plugin.path]?[name], Int(table.pointee.option_count) == component.options.count else { throw changed }
        return table
    }

    /// Removes the copies of plugins that this process had to keep in a temporary directory, before it ends.
    public static func removeTemporaryCopies() { PluginVault.removeTemporary() }

    /// Removes the private copies of plugins in a folder that is about to vanish.
    func forgetCopies(below folder: String) {
        if let vault = try? copies() { vault.forget(below: folder) }
    }

    /// SHA-256 of the libraries that a network comes from, as they are loaded: of plugins by file name (where two have
    /// the same, the second by its path), of what these bring along by path.
    public func checksums(of network: Network) -> [String: String] {
        var result: [String: String] = [:]
        for path in network.libraries {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            result[result[name] == nil ? name : path] = loaded[path] ?? ""
            result.merge(companions[path] ?? [:]) { first, _ in first }
        }
        return result
    }

    /// The present checksum of a library by the name under which `checksums(of:)` has it; nil if it is not there.
    public func checksum(named name: String) -> String? {
        if let plugin = plugins.first(where: { $0.fileName == name || $0.path == name }) { return plugin.sha256 }
        return name.hasPrefix("/") ? try? Checksum.sha256(ofFile: name) : nil
    }

    /// Notes a program that an entry names and that has been opened.
    func note(program path: String, sha256: String) { loaded[path] = sha256 }

    /// All components, by kind and then in the order of the plugins.
    public var components: [ComponentInfo] {
        let all = plugins.flatMap(\.components)
        return Kind.allCases.reversed().flatMap { kind in all.filter { $0.kind == kind } }
    }

    /// The component of that kind and id.
    ///
    /// - Throws: `unavailable`, with the nearest id there is, and the plugins that could not be loaded.
    public func component(_ kind: Kind, _ id: String) throws(HostError) -> ComponentInfo {
        for plugin in plugins {
            if let found = plugin.components.first(where: { $0.kind == kind && $0.id == id }) { return found }
        }
        let known = components.filter { $0.kind == kind }.map(\.id)
        let excuse = broken.isEmpty ? "" : "; \(broken.count) plugin\(broken.count == 1 ? "" : "s") could not be loaded, see 'zoo doctor'"
        throw HostError(
            .unavailable,
            "no plugin offers the \(kind) '\(id)'\(suggestion(id, known)); looked in \(searchPath.directories.joined(separator: ", "))\(excuse)"
        )
    }
}
