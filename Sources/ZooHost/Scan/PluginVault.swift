import Foundation
import Glibc
import Synchronization

/// The user's private copies of plugins, named by their hashes. Plugins are loaded from there and from nowhere else, so what was hashed
/// and checked is what runs, whatever becomes of the file meanwhile: replaced, or written over in place.
///
///     DIRECTORY/SHA-256/home/me/plugins/libWarps.so
///
/// Below the hash lies the path at which the plugin was found, so that `$ORIGIN/../lib` in its run path means what it meant there. Libraries
/// that the run path leads to from `$ORIGIN` are copied too; other files beside the plugin are symbolic links to the originals.
struct PluginVault: Sendable {
    /// Of mode 0700; nobody but the user can put anything there.
    let directory: String

    /// What a copy was made from.
    struct Pin: Codable, Sendable, Equatable {
        /// Of the plugin.
        let sha256: String
        /// SHA-256 of the libraries that it brings along, by path.
        var companions: [String: String] = [:]
    }

    private static let mostNeighbours = 1000
    /// Seconds after which a copy that nobody has used is removed.
    private static let lifetime = 7 * 86_400
    private static let temporary = Mutex<String?>(nil)

    init(directory: String) { self.directory = directory }

    /// In the user's cache directory or, where that cannot be written or others could put something there, in a temporary one of this process.
    ///
    /// - Throws: `cantCreate` if there is no place at all.
    init(cacheDirectory: String?) throws(HostError) {
        if let cacheDirectory, let usable = Self.make(cacheDirectory + "/loaded") {
            directory = usable
            return
        }
        let made = Self.temporary.withLock { known -> String? in
            if let known { return known }
            let base = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
            var name = Array((base + "/stn-zoo-XXXXXX").utf8CString)
            guard let made = mkdtemp(&name) else { return nil }
            known = URL(fileURLWithPath: String(cString: made)).resolvingSymlinksInPath().path
            return known
        }
        guard let made else { throw HostError(.cantCreate, "no directory for copies of plugins: \(FileBytes.reason(errno))") }
        directory = made
    }

    /// Removes the temporary directory of this process, if it made one. Loaded plugins stay loaded.
    static func removeTemporary() {
        temporary.withLock { known in
            if let known { try? FileManager.default.removeItem(atPath: known) }
            known = nil
        }
    }

    /// That directory without symbolic links, made if it is missing; nil if it is not the user's alone.
    private static func make(_ path: String) -> String? {
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        var status = stat()
        guard lstat(real, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0,
            access(real, W_OK | X_OK) == 0, (try? Trust(allowed: []).check(directory: real)) != nil
        else { return nil }
        return real
    }

    /// Where the copy of a file is, or would be.
    func place(of path: String, _ sha256: String) -> String { "\(directory)/\(sha256)\(path)" }

    /// Copies a plugin that was opened and checked, with what it brings along.
    ///
    /// - Parameter vouched: the user vouches for the plugin, and with it for its companions.
    /// - Throws: `data` if the file is not what its hash says, `noPermission` if a companion is not to be trusted, `cantCreate`, `io`.
    func keep(_ file: RegularFile, sha256: String, trust: Trust, vouched: Bool) throws(HostError) -> Pin {
        prune()
        let place = try copy(file, sha256: sha256, under: sha256)
        var pin = Pin(sha256: sha256)
        var waiting = [(path: file.path, copy: place)]
        while let next = waiting.popLast() {
            let library: ELFFile
            do { library = try ELFFile(contents: FileBytes.read(next.copy), path: next.path) } catch {
                throw error as? HostError ?? HostError(.io, "\(next.path): \(error)")
            }
            for path in Self.companions(of: library) where pin.companions[path] == nil && path != file.path {
                let companion = vouched ? try RegularFile(path) : try trust.open(path)
                let hash = try companion.sha256()
                pin.companions[path] = hash
                waiting.append((path, try copy(companion, sha256: hash, under: sha256)))
            }
        }
        linkNeighbours(of: file.path, sha256)
        return pin
    }

    /// Whether the copy that a pin names is there and whole, with all that belongs to it.
    func holds(_ path: String, _ pin: Pin) -> Bool {
        utimensat(AT_FDCWD, "\(directory)/\(pin.sha256)", nil, 0)
        return ([path: pin.sha256].merging(pin.companions) { mine, _ in mine }).allSatisfy { file, hash in
            (try? Checksum.sha256(ofFile: place(of: file, pin.sha256))) == hash
        }
    }

    /// Removes the copy of one plugin.
    func forget(_ path: String, _ sha256: String) {
        try? FileManager.default.removeItem(atPath: (place(of: path, sha256) as NSString).deletingLastPathComponent)
    }

    /// - Parameter plugin: hash of the plugin that it belongs to.
    private func copy(_ file: RegularFile, sha256: String, under plugin: String) throws(HostError) -> String {
        let place = place(of: file.path, plugin)
        // Whatever lies there already is believed only if its bytes are right.
        var status = stat()
        if lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFREG, (try? Checksum.sha256(ofFile: place)) == sha256 {
            utimensat(AT_FDCWD, "\(directory)/\(plugin)", nil, 0)
            return place
        }
        let folder = (place as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw HostError(.cantCreate, "\(folder): the directory cannot be made") }
        let temporary = "\(directory)/.\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let digest = try Checksum.Digest()
        do throws(HostError) {
            try FileBytes.create(temporary, mode: 0o500) { (write) throws(HostError) in
                try file.forEachChunk { (bytes) throws(HostError) in
                    try digest.update(bytes)
                    try write(bytes)
                }
            }
            guard try digest.finish() == sha256 else {
                throw HostError(.data, "\(file.path): it has changed since it was found; run the command again")
            }
            guard rename(temporary, place) == 0 else { throw HostError(.cantCreate, "\(place): \(FileBytes.reason(errno))") }
        } catch {
            unlink(temporary)
            throw error
        }
        return place
    }

    /// Files that the loader would take from where the library lies: those that it needs and the process has not, by its run path.
    private static func companions(of library: ELFFile) -> [String] {
        let origin = (library.path as NSString).deletingLastPathComponent
        let folders = library.runPath.filter { $0.contains("$ORIGIN") || $0.contains("${ORIGIN}") }.map {
            $0.replacing("${ORIGIN}", with: origin).replacing("$ORIGIN", with: origin)
        }
        guard !folders.isEmpty else { return [] }
        return library.needed.compactMap { name in
            guard !name.contains("/") else { return nil }
            if let loaded = dlopen(name, RTLD_NOW | RTLD_NOLOAD) {
                dlclose(loaded)
                return nil
            }
            return folders.lazy.map { URL(fileURLWithPath: $0 + "/" + name).standardized.path }.first { access($0, F_OK) == 0 }
        }
    }

    /// Data that a plugin looks for beside itself is found beside its copy.
    private func linkNeighbours(of path: String, _ sha256: String) {
        let folder = (path as NSString).deletingLastPathComponent
        guard folder != Program.directory, let names = try? FileManager.default.contentsOfDirectory(atPath: folder),
            names.count <= Self.mostNeighbours
        else { return }
        let copies = "\(directory)/\(sha256)\(folder)"
        // One that is there already stays: it may be a copy.
        for name in names { symlink("\(folder)/\(name)", "\(copies)/\(name)") }
    }

    /// Removes what nobody has used for long.
    private func prune() {
        let now = time(nil)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            var status = stat()
            guard lstat("\(directory)/\(name)", &status) == 0, now - status.st_mtim.tv_sec > Self.lifetime else { continue }
            try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
    }
}
