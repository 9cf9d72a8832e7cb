public import FoundationEssentials
import Glibc

/// Whole files in, whole files out, with errors that name the file and the cause.
public enum FileBytes {
    /// Files up to this many bytes are read; larger ones are mapped.
    ///
    /// A mapped file that shrinks while it is in use kills the process. Plugins and weights that somebody is just
    /// replacing are small, so they are copied; what is too large to copy quickly is worth the remote risk.
    static let largestRead = 16 << 20

    /// The contents of a regular file.
    ///
    /// - Throws: `HostError` of kind `noInput` if there is no such file or it is not to be opened, `io` if reading fails.
    public static func read(_ path: String) throws(HostError) -> Data { try RegularFile(path).contents() }

    /// Writes `chunks`, one after the other, to the file, which then has either all of its new contents or its old ones.
    ///
    /// The bytes go to a temporary file in the same directory, are flushed to the disk, and the file takes its name. A
    /// crash can leave the temporary file behind (`.NAME.PID.tmp`), never half a file under the real name.
    ///
    /// - Throws: `HostError` of kind `cantCreate` if the directory is missing or not writable, `io` if writing fails.
    public static func writeAtomically(_ chunks: [Data], to path: String) throws {
        let (directory, name) = split(path)
        guard !name.isEmpty else { throw HostError(.cantCreate, "\(path): expected the name of a file") }
        var status = stat()
        if stat(path, &status) == 0, let other = RegularFile.type(besidesFiles: status.st_mode) {
            throw HostError(.cantCreate, "\(path): cannot be written: it is a \(other)")
        }
        let temporary = "\(directory)/.\(name).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw HostError(.cantCreate, "\(path): cannot be created: \(reason(errno)) (directory '\(directory)')")
        }
        do {
            defer { close(descriptor) }
            for chunk in chunks { try chunk.withUnsafeBytes { try write($0, to: descriptor, path: path) } }
            guard fsync(descriptor) == 0 else { throw HostError(.io, "\(path): writing failed: \(reason(errno))") }
            guard rename(temporary, path) == 0 else {
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
    static func create(
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
