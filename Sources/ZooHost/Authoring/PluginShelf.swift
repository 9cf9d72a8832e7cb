public import Foundation
import Glibc
public import ZooCore
import ZooKit
public import ZooPlugins

/// The user's own directory of plugins: what `zoo plugin install` fills.
public struct PluginShelf: Sendable {
    public let directory: String
    private let environment: [String: String]

    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
        directory = SearchPath.userDirectory(environment)
    }

    /// A file on the shelf; its descriptor is read, nothing of it is run.
    public struct Item: Sendable {
        public let path: String
        public let descriptor: Result<PluginDescriptor, HostError>
        public var fileName: String { String(path.split(separator: "/").last ?? "") }
    }

    /// What lies there, by file name.
    public func items() -> [Item] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasPrefix("lib") && $0.hasSuffix(".so") }.sorted().map { name in
            let path = directory + "/" + name
            return Item(path: path, descriptor: Self.descriptor(path))
        }
    }

    private static func descriptor(_ path: String) -> Result<PluginDescriptor, HostError> {
        do {
            guard let file = try PluginFile(path: path) else {
                throw HostError(.data, "\(path): not a plugin: it carries no descriptor")
            }
            return .success(file.descriptor)
        } catch { return .failure(error as? HostError ?? HostError(.io, "\(path): \(error)")) }
    }

    /// What was installed, and where.
    public struct Installed: Sendable {
        public let path: String
        public let descriptor: PluginDescriptor
        public let components: [ComponentInfo]
    }

    /// Copies a plugin to the shelf: all of it or nothing, after it has been loaded once beside everything that is on the search path.
    ///
    /// - Parameter replace: take the place of a plugin of the same id or file name that lies on the shelf.
    /// - Returns: where it is now.
    /// - Throws: `noInput`, `data` if it is no plugin that this host can load, `config` if an id is taken, `cantCreate`.
    public func install(_ path: String, replace: Bool) throws -> Installed {
        let name = String(path.split(separator: "/").last ?? "")
        guard name.hasPrefix("lib"), name.hasSuffix(".so") else {
            throw HostError(.usage, "\(path): the host loads files named lib*.so, found '\(name)'")
        }
        // Read once: what is rehearsed and what is installed are these bytes.
        let contents = try RegularFile(path).copied()
        guard let file = try PluginFile(library: ELFFile(contents: contents, path: path)) else {
            throw HostError(.data, "\(path): not a plugin: it carries no descriptor")
        }
        try EngineControl.start()
        try file.requireLoadable(engine: Engine.name)
        let id = file.descriptor.id
        let former = items().filter { item in
            item.fileName == name || (try? item.descriptor.get().id) == id
        }
        if !replace, let first = former.first {
            let version = (try? first.descriptor.get().version).map { " \($0)" } ?? ""
            throw HostError(
                .config,
                "\(path): plugin '\(id)' is installed already, as \(first.path)\(version); \(ProgramOption.replace) takes its place")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch { throw HostError(.cantCreate, "\(directory): the directory cannot be made") }
        let loaded = try rehearse(file, name: name, without: former)
        try FileBytes.writeAtomically([contents], to: directory + "/" + name)
        chmod(directory + "/" + name, 0o644)
        for item in former where item.fileName != name { unlink(item.path) }
        return Installed(path: directory + "/" + name, descriptor: loaded.descriptor, components: loaded.components)
    }

    /// Loads everything as it will be, from a shelf beside the real one; so a taken component id or an entry function that fails is known
    /// before anything is changed.
    private func rehearse(_ file: PluginFile, name: String, without former: [Item]) throws -> KnownPlugin {
        let beside = (directory as NSString).deletingLastPathComponent
        let base = "\(beside)/.installing-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let stage = base + "/stn-zoo/plugins"
        defer { try? FileManager.default.removeItem(atPath: base) }
        do {
            try FileManager.default.createDirectory(
                atPath: stage, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch { throw HostError(.cantCreate, "\(directory): no directory can be made beside it") }
        let staged = URL(fileURLWithPath: stage).resolvingSymlinksInPath().path
        let newcomer = staged + "/" + name
        try FileBytes.writeAtomically([file.library.contents], to: newcomer)
        chmod(newcomer, 0o644)
        for item in items() where !former.contains(where: { $0.path == item.path }) { link(item.path, staged + "/" + item.fileName) }
        var world = environment
        world["XDG_DATA_HOME"] = base
        let host = try HostRuntime(searchPath: SearchPath(environment: world))
        defer { host.forgetCopies(below: URL(fileURLWithPath: base).resolvingSymlinksInPath().path) }
        /// The path as the user knows it, without the rehearsal's own folder.
        func plain(_ message: String) -> String { message.replacing(staged + "/", with: "") }
        guard let loaded = host.plugins.first(where: { $0.path == newcomer }) else {
            let cause = host.broken.first { $0.path == newcomer }?.cause
            throw HostError(cause?.kind ?? .data, "\(file.library.path): \(plain(cause?.message ?? "it could not be loaded"))")
        }
        // It may come before another in the alphabet, and take an id from it.
        if let loser = host.broken.first(where: { $0.rival == newcomer && $0.path.hasPrefix(staged + "/") }) {
            throw HostError(.config, "\(file.library.path): it would displace an installed plugin: \(plain(loser.cause.message))")
        }
        return loaded
    }

    /// Removes a plugin from the shelf, by its id or file name.
    ///
    /// - Returns: the file that was removed.
    /// - Throws: `usage` if there is none, with the nearest; `cantCreate` if it cannot be removed.
    public func remove(_ wanted: String) throws(HostError) -> String {
        let items = items()
        guard let item = items.first(where: { (try? $0.descriptor.get().id) == wanted || $0.fileName == wanted || $0.path == wanted })
        else {
            let known = items.map { (try? $0.descriptor.get().id) ?? $0.fileName }
            throw HostError(.usage, "no plugin '\(wanted)' is installed in \(directory)\(suggestion(wanted, known))")
        }
        guard unlink(item.path) == 0 else { throw HostError(.cantCreate, "\(item.path): \(String(cString: strerror(errno)))") }
        return item.path
    }
}
