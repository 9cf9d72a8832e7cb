public import FoundationEssentials
package import Glibc

/// Whole files in, whole files out, with errors that name the file and the cause.
public enum FileBytes {
    /// Files up to this many bytes are read; larger ones are mapped.
    ///
    /// A mapped file that shrinks while it is in use kills the process. Plugins and weights that somebody is just
    /// replacing are small, so they are copied; what is too large to copy quickly is worth the remote risk.
    package static let largestRead = 16 << 20

    /// The contents of a regular file.
    ///
    /// - Throws: `HostError` of kind `noInput` if there is no such file or it is not to be opened, `io` if reading fails.
    public static func read(_ path: String) throws(HostError) -> Data { try RegularFile(path).contents() }

    /// Writes `chunks`, one after the other, to the file, which then has either all of its new contents or its old ones.
    ///
    /// The bytes go to a temporary file in the same directory, are flushed to the disk, and the file takes its name. A
    /// crash can leave the temporary file behind (`.NAME.PID.tmp`), never half a file under the real name. A symbolic
    /// link stays one: what it leads to is written, and made if it is not there yet. A file keeps its permissions.
    ///
    /// - Throws: `HostError` of kind `cantCreate` if the directory is missing or not writable, if the path leads to something else than
    ///   a file, or if links lead in a circle; `io` if writing fails.
    public static func writeAtomically(_ chunks: [Data], to path: String) throws {
        let real = try target(of: path)
        let (directory, name) = split(real)
        guard !name.isEmpty else { throw HostError(.cantCreate, "\(path): expected the name of a file") }
        var status = stat()
        let isThere = stat(real, &status) == 0
        if isThere, let other = RegularFile.type(besidesFiles: status.st_mode) {
            throw HostError(.cantCreate, "\(path): cannot be written: it is a \(other)")
        }
        let temporary = "\(directory)/.\(name).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw HostError(.cantCreate, "\(path): cannot be created: \(reason(errno)) (directory '\(directory)')")
        }
        do {
            defer { close(descriptor) }
            if isThere { fchmod(descriptor, status.st_mode & 0o777) }
            for chunk in chunks { try chunk.withUnsafeBytes { try write($0, to: descriptor, path: path) } }
            guard fsync(descriptor) == 0 else { throw HostError(.io, "\(path): writing failed: \(reason(errno))") }
            guard rename(temporary, real) == 0 else {
                throw HostError(.cantCreate, "\(path): cannot be created: \(reason(errno))")
            }
        } catch {
            unlink(temporary)
            throw error
        }
        // The new name is on the disk only once the directory is. Some file systems cannot do this; then it is as
        // durable as they make it.
        let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if parent >= 0 {
            fsync(parent)
            close(parent)
        }
    }

    /// Makes a file that must not be there yet, of what `body` writes.
    ///
    /// - Throws: `cantCreate` or `io`, and what `body` throws.
    package static func create(
        _ path: String, mode: mode_t,
        _ body: (_ write: (UnsafeRawBufferPointer) throws(HostError) -> Void) throws(HostError) -> Void
    ) throws(HostError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw HostError(.cantCreate, "\(path): cannot be created: \(reason(errno))") }
        defer { close(descriptor) }
        try body { (bytes) throws(HostError) in try write(bytes, to: descriptor, path: path) }
    }

    private static func write(_ buffer: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(HostError) {
        var done = 0
        while done < buffer.count, let start = buffer.baseAddress {
            let count = Glibc.write(descriptor, start + done, buffer.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                throw HostError(.io, "\(path): writing failed: \(reason(errno))")
            }
            done += count
        }
    }

    /// Links that may follow one another, as many as the kernel follows.
    private static let mostLinks = 40

    /// Where a path leads once its last component is no symbolic link; nothing need be there.
    ///
    /// - Throws: `cantCreate` if links lead in a circle.
    public static func target(of path: String) throws(HostError) -> String {
        var path = path
        for _ in 0..<mostLinks {
            var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(path, &buffer, buffer.count)
            // What is no link, or not there, is what is asked for.
            guard count > 0 else { return path }
            let next = String(decoding: buffer[..<count], as: UTF8.self)
            path = next.hasPrefix("/") ? next : split(path).directory + "/" + next
        }
        throw HostError(.cantCreate, "\(path): symbolic links lead in a circle")
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = String(path[..<slash])
        return (directory.isEmpty ? "/" : directory, String(path[path.index(after: slash)...]))
    }

    /// The system's words for an error number, without the capital at the beginning.
    package static func reason(_ code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        let reason = String(cString: text)
        return reason.prefix(1).lowercased() + reason.dropFirst()
    }
}
