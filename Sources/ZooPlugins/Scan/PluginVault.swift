import Foundation
import Glibc
import Synchronization
package import ZooCore

/// The user's private copies of plugins, named by their hashes. Plugins are loaded from there and from nowhere else, so what was hashed
/// and checked is what runs, whatever becomes of the file meanwhile: replaced, or written over in place.
///
///     DIRECTORY/SHA-256/home/me/plugins/libWarps.so
///
/// The hash is the plugin's or, where it brings libraries along, one of all of theirs. Below it lies the path at which
/// the plugin was found, so that `$ORIGIN/../lib` in its run path means what it meant there. Libraries that the run
/// path leads to from `$ORIGIN` are copied too; other files beside the plugin are symbolic links to the originals.
package struct PluginVault: Sendable {
    /// The folder has mode 0700: only the user can put anything there.
    package let directory: String

    /// What a copy was made from.
    package struct Pin: Codable, Sendable, Equatable {
        /// The SHA-256 of the plugin.
        package let sha256: String
        /// SHA-256 of the libraries that it brings along, by path.
        package var companions: [String: String]

        package init(sha256: String, companions: [String: String] = [:]) {
            self.sha256 = sha256
            self.companions = companions
        }

        /// The name of the directory with the copies: the plugin's hash or, if it brings libraries along, one of all hashes.
        package func name() throws(HostError) -> String {
            guard !companions.isEmpty else { return sha256 }
            let lines = companions.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\n" }
            return try Checksum.sha256(of: sha256 + "\n" + lines.joined())
        }
    }

    private static let mostNeighbours = 1000
    /// Seconds after which a copy that nobody has used is removed.
    private static let lifetime = 7 * 86_400
    private static let temporary = Mutex<String?>(nil)

    package init(directory: String) { self.directory = directory }

    /// In the user's cache directory or, where that cannot be written or others could put something there, in a
    /// temporary one of this process.
    ///
    /// - Throws: `cantCreate` if there is no place at all.
    package init(cacheDirectory: String?) throws(HostError) {
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
    package static func removeTemporary() {
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
    package func place(of path: String, _ pin: Pin) throws(HostError) -> String { try "\(directory)/\(pin.name())\(path)" }

    /// Copies a plugin that was opened and checked, with what it brings along.
    ///
    /// - Parameter vouched: the user vouches for the plugin, and with it for its companions.
    /// - Throws: `data` if the file is not what its hash says, `noPermission` if a companion is not to be trusted, `cantCreate`, `io`.
    package func keep(_ file: RegularFile, sha256: String, trust: Trust, vouched: Bool) throws(HostError) -> Pin {
        prune()
        var pin = Pin(sha256: sha256)
        var files = [(file: file, sha256: sha256)]
        var next = 0
        while next < files.count {
            let library: ELFFile
            let current = files[next].file
            do { library = try ELFFile(contents: current.copied(), path: current.path) } catch {
                throw error as? HostError ?? HostError(.io, "\(current.path): \(error)")
            }
            for path in Self.companions(of: library) where pin.companions[path] == nil && path != file.path {
                let companion = vouched ? try RegularFile(path) : try trust.open(path)
                let hash = try companion.sha256()
                pin.companions[path] = hash
                files.append((companion, hash))
            }
            next += 1
        }
        for (file, hash) in files { try copy(file, sha256: hash, to: place(of: file.path, pin)) }
        touch(try pin.name())
        linkNeighbours(of: file.path, to: (try place(of: file.path, pin) as NSString).deletingLastPathComponent)
        return pin
    }

    /// Whether the copy that a pin names is there and whole, with all that belongs to it.
    package func holds(_ path: String, _ pin: Pin) throws(HostError) -> Bool {
        for (file, hash) in [path: pin.sha256].merging(pin.companions, uniquingKeysWith: { mine, _ in mine }) {
            let place = try place(of: file, pin)
            guard (try? Checksum.sha256(ofFile: place)) == hash else { return false }
        }
        touch(try pin.name())
        return true
    }

    /// Removes the copies of all that was found below a folder.
    package func forget(below folder: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            try? FileManager.default.removeItem(atPath: "\(directory)/\(name)\(folder)")
        }
    }

    /// It is in use: see `lifetime`.
    private func touch(_ name: String) { utimensat(AT_FDCWD, "\(directory)/\(name)", nil, 0) }

    private func copy(_ file: RegularFile, sha256: String, to place: String) throws(HostError) {
        // Whatever lies there already is believed only if its bytes are right.
        var status = stat()
        if lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFREG, (try? Checksum.sha256(ofFile: place)) == sha256 { return }
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
    private func linkNeighbours(of path: String, to copies: String) {
        let folder = (path as NSString).deletingLastPathComponent
        guard folder != Program.directory, let names = try? FileManager.default.contentsOfDirectory(atPath: folder),
            names.count <= Self.mostNeighbours
        else { return }
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
