import Foundation
package import ZooCore

/// Finds out what lies on the search path, without running anything in this process.
package struct PluginScan {
    package private(set) var plugins: [KnownPlugin] = []
    package private(set) var broken: [BrokenPlugin] = []
    private let searchPath: SearchPath
    private let lock: PluginLock?
    private let trust: Trust

    /// Scan state of one candidate.
    private enum State {
        case known(PluginRecord)
        case refused(HostError)
    }

    /// Why a plugin is left out.
    private struct Refusal: Error {
        let cause: HostError
        var rival: String?
    }

    /// - Parameter retrying: look again at plugins that crashed or hung when they were last looked at.
    /// - Throws: `unavailable` if something has to be probed and there is nobody to do it.
    package init(_ searchPath: SearchPath, lock: PluginLock?, retrying: Bool) throws(HostError) {
        self.searchPath = searchPath
        self.lock = lock
        trust = Trust(allowed: searchPath.allowed)
        let cached = PluginCache.records(directory: searchPath.cacheDirectory)
        var order: [String] = []
        var states: [String: State] = [:]
        var fresh: [String: PluginRecord] = [:]
        var toProbe: [(suspect: Prober.Suspect, facts: FileFacts)] = []
        for path in candidates() where states[path] == nil {
            order.append(path)
            let file: RegularFile
            do throws(HostError) { file = try trust.open(path) } catch {
                states[path] = .refused(error)
                continue
            }
            let facts = FileFacts(file.status)
            var known = cached[path]
            if let record = known, record.isToBeTriedAgain(path, retrying: retrying) { known = nil }
            if let known, known.facts == facts {
                states[path] = .known(known)
                continue
            }
            do {
                let library = try ELFFile(contents: file.contents(), path: path)
                let sha256 = try Checksum.sha256(of: library.contents)
                if var known, known.sha256 == sha256 {
                    known.facts = facts
                    fresh[path] = known
                } else if let plugin = try PluginFile(library: library) {
                    try plugin.requireContract()
                    try lock?.check(path, sha256: sha256)
                    let vault = try PluginVault(cacheDirectory: searchPath.cacheDirectory)
                    let pin = try vault.keep(file, sha256: sha256, trust: trust, vouched: trust.isAllowed(file))
                    toProbe.append((.init(path: path, sha256: sha256, copy: try vault.place(of: path, pin)), facts))
                } else {
                    fresh[path] = PluginRecord(facts: facts, sha256: sha256, finding: .other)
                }
            } catch { states[path] = .refused(error as? HostError ?? HostError(.io, "\(path): \(error)")) }
        }
        if !toProbe.isEmpty {
            let (replies, fatal) = try Prober.probe(toProbe.map(\.suspect))
            for (suspect, facts) in toProbe {
                let (path, sha256) = (suspect.path, suspect.sha256)
                // Only what follows from the file itself is kept: a library that it needs may be installed tomorrow.
                if let profile = replies[path]?.profile {
                    fresh[path] = PluginRecord(facts: facts, sha256: sha256, finding: .plugin(profile))
                } else if let cause = fatal[path] {
                    let folder = FileFacts(path: (path as NSString).deletingLastPathComponent)
                    fresh[path] = PluginRecord(facts: facts, sha256: sha256, finding: .broken(cause, folder: folder))
                } else {
                    states[path] = .refused(replies[path]?.broken ?? HostError(.software, "\(path): nothing was found out about it"))
                }
            }
        }
        PluginCache.keep(fresh, directory: searchPath.cacheDirectory)
        states.merge(fresh.mapValues(State.known)) { first, _ in first }
        for path in order {
            do throws(Refusal) {
                switch states[path] {
                case .known(let record): try add(path, record)
                case .refused(let cause): throw Refusal(cause: cause)
                case nil: break
                }
            } catch { broken.append(BrokenPlugin(path: path, cause: error.cause, rival: error.rival)) }
        }
    }

    /// The files that may be looked at, in the order of the search path; the others are listed as broken.
    private mutating func candidates() -> [String] {
        var list: [String] = []
        for directory in searchPath.directories {
            let files: [String]
            do throws(HostError) { files = try LibraryLoader.candidates(in: [directory]) } catch {
                broken.append(BrokenPlugin(path: directory, cause: error, rival: nil))
                continue
            }
            let vouched = files.filter(trust.isAllowed)
            do throws(HostError) {
                if vouched.count < files.count { try trust.check(directory: directory) }
                list += files
            } catch {
                broken.append(BrokenPlugin(path: directory, cause: error, rival: nil))
                list += vouched
            }
        }
        return list
    }

    private mutating func add(_ path: String, _ record: PluginRecord) throws(Refusal) {
        let plugin: KnownPlugin
        do throws(HostError) {
            switch record.finding {
            case .other: return
            case .broken(let cause, _): throw cause
            case .plugin(let profile):
                try lock?.check(path, sha256: record.sha256)
                plugin = try KnownPlugin(path: path, sha256: record.sha256, size: record.facts.size, profile: profile)
            }
        } catch { throw Refusal(cause: error) }
        let id = plugin.descriptor.id
        if let first = plugins.first(where: { $0.descriptor.id == id }) {
            let text = "\(path): the plugin id '\(id)' is taken by \(first.path), which comes first on the search path"
            throw Refusal(cause: HostError(.config, text), rival: first.path)
        }
        for component in plugin.components {
            let rivals = plugins.lazy.flatMap(\.components)
            if let first = rivals.first(where: { $0.kind == component.kind && $0.id == component.id }) {
                let text = "\(path): the \(component.kind) id '\(component.id)' is taken by \(first.file)"
                throw Refusal(cause: HostError(.config, text), rival: first.file)
            }
        }
        plugins.append(plugin)
    }
}

extension PluginRecord {
    /// Whether what it says of a crash may no longer hold.
    fileprivate func isToBeTriedAgain(_ path: String, retrying: Bool) -> Bool {
        guard case .broken(_, let folder) = finding else { return false }
        return retrying || folder != FileFacts(path: (path as NSString).deletingLastPathComponent)
    }
}
