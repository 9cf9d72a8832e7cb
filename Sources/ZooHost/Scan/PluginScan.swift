import Foundation

/// A plugin that is found and can be used. It is loaded when an entry needs it.
public struct KnownPlugin: Sendable {
    public let path: String
    public let descriptor: PluginDescriptor
    public let components: [ComponentInfo]
    /// Of the library, lower-case hex.
    public let sha256: String
    /// In bytes.
    public let size: Int64
    /// The libraries that it links.
    public let needed: [String]
    /// What loading it took in the process that probed it.
    public let loadSeconds: Double
    /// The library's file name.
    public var fileName: String { (path as NSString).lastPathComponent }
}

/// A file or directory that could not be used.
public struct BrokenPlugin: Sendable {
    public let path: String
    public let cause: HostError
    /// The plugin that came before and has its id or that of one of its components.
    public var rival: String?
}

/// Finds out what lies on the search path, without running anything in this process.
struct PluginScan {
    private(set) var plugins: [KnownPlugin] = []
    private(set) var broken: [BrokenPlugin] = []
    private let searchPath: SearchPath
    private let lock: PluginLock?

    /// What of a candidate is known once its turn comes.
    private enum State {
        case known(PluginRecord)
        case refused(HostError)
    }

    /// - Parameter retrying: look again at plugins that crashed or hung when they were last looked at.
    /// - Throws: `unavailable` if something has to be probed and there is nobody to do it.
    init(_ searchPath: SearchPath, lock: PluginLock?, retrying: Bool) throws(HostError) {
        self.searchPath = searchPath
        self.lock = lock
        let cached = PluginCache.records(directory: searchPath.cacheDirectory)
        var order: [String] = []
        var states: [String: State] = [:]
        var fresh: [String: PluginRecord] = [:]
        var toProbe: [(path: String, facts: FileFacts, sha256: String)] = []
        for path in candidates() {
            guard states[path] == nil, let facts = FileFacts(path: path) else { continue }
            order.append(path)
            var known = cached[path]
            if retrying, case .broken = known?.finding { known = nil }
            if let known, known.facts == facts {
                states[path] = .known(known)
                continue
            }
            do {
                let library = try ELFFile(path: path)
                let sha256 = try Checksum.sha256(of: library.contents)
                if var known, known.sha256 == sha256 {
                    known.facts = facts
                    fresh[path] = known
                } else if let file = try PluginFile(library: library) {
                    try file.requireContract()
                    try lock?.check(path, sha256: sha256)
                    toProbe.append((path, facts, sha256))
                } else {
                    fresh[path] = PluginRecord(facts: facts, sha256: sha256, finding: .other)
                }
            } catch { states[path] = .refused(error as? HostError ?? HostError(.io, "\(path): \(error)")) }
        }
        if !toProbe.isEmpty {
            let (replies, fatal) = try Prober.probe(toProbe.map(\.path))
            for (path, facts, sha256) in toProbe {
                // Only what follows from the file itself is kept: a library that it needs may be installed tomorrow.
                if let profile = replies[path]?.profile {
                    fresh[path] = PluginRecord(facts: facts, sha256: sha256, finding: .plugin(profile))
                } else if let cause = fatal[path] {
                    fresh[path] = PluginRecord(facts: facts, sha256: sha256, finding: .broken(cause))
                } else {
                    states[path] = .refused(replies[path]?.broken ?? HostError(.software, "\(path): nothing was found out about it"))
                }
            }
        }
        PluginCache.keep(fresh, directory: searchPath.cacheDirectory)
        states.merge(fresh.mapValues(State.known)) { first, _ in first }
        for path in order {
            do throws(HostError) {
                switch states[path] {
                case .known(let record): try add(path, record)
                case .refused(let cause): throw cause
                case nil: break
                }
            } catch { broken.append(BrokenPlugin(path: path, cause: error)) }
        }
    }

    /// The files that may be looked at, in the order of the search path; the others are listed as broken.
    private mutating func candidates() -> [String] {
        let trust = Trust(allowed: searchPath.allowed)
        var list: [String] = []
        for directory in searchPath.directories {
            let files: [String]
            do throws(HostError) { files = try LibraryLoader.candidates(in: [directory]) } catch {
                broken.append(BrokenPlugin(path: directory, cause: error))
                continue
            }
            let vouched = files.filter(trust.isAllowed)
            do throws(HostError) {
                if vouched.count < files.count { try trust.check(directory: directory) }
            } catch {
                broken.append(BrokenPlugin(path: directory, cause: error))
                list += vouched
                continue
            }
            for file in files {
                do throws(HostError) {
                    try trust.check(file: file)
                    list.append(file)
                } catch { broken.append(BrokenPlugin(path: file, cause: error)) }
            }
        }
        return list
    }

    private mutating func add(_ path: String, _ record: PluginRecord) throws(HostError) {
        let profile: PluginRecord.Profile
        switch record.finding {
        case .other: return
        case .broken(let cause): throw cause
        case .plugin(let found): profile = found
        }
        try lock?.check(path, sha256: record.sha256)
        let descriptor: PluginDescriptor
        do { descriptor = try PluginDescriptor(text: profile.descriptor, path: path) } catch {
            throw error as? HostError ?? HostError(.data, "\(path): \(error)")
        }
        func refuse(_ text: String, rival: String) {
            broken.append(BrokenPlugin(path: path, cause: HostError(.config, "\(path): \(text)"), rival: rival))
        }
        if let first = plugins.first(where: { $0.descriptor.id == descriptor.id }) {
            return refuse(
                "the plugin id '\(descriptor.id)' is taken by \(first.path), which comes first on the search path", rival: first.path)
        }
        for component in profile.components {
            let rivals = plugins.lazy.flatMap(\.components)
            if let first = rivals.first(where: { $0.kind == component.kind && $0.id == component.id }) {
                return refuse("the \(component.kind) id '\(component.id)' is taken by \(first.file)", rival: first.file)
            }
        }
        plugins.append(
            KnownPlugin(
                path: path, descriptor: descriptor, components: profile.components, sha256: record.sha256, size: record.facts.size,
                needed: profile.needed, loadSeconds: profile.seconds))
    }
}
