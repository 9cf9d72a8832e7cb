import Foundation
import Glibc
import ZooCore

/// A file that is not whole yet, under its name with `.part`: what has come so far, and beside it, in `.part.json`, from where. It
/// takes its name only when its content has been checked.
///
/// A `.part` without that note is somebody else's, and is left as it is. One process at a time works on it.
final class PartialFile {
    /// Where the bytes came from.
    struct Origin: Codable, Equatable {
        var url = ""
        var validator = ""
    }

    let path: String
    private(set) var size: Int
    private(set) var origin: Origin
    /// Bytes that came since it was opened, kept or not.
    private(set) var received = 0
    private let target: String
    private let note: String
    private let descriptor: Int32

    /// Opens what an earlier download has left, or makes a new one.
    ///
    /// - Throws: `cantCreate` if it cannot be made or is not the zoo's, `unavailable` if another process works on it.
    init(for target: String) throws {
        self.target = target
        path = target + ".part"
        note = path + ".json"
        let isKnown = DataFile.isFile(note)
        guard isKnown || !DataFile.exists(path) else {
            throw HostError(
                .cantCreate,
                "\(path): is there and not of the zoo's making: move it away, or name another folder with \(ProgramOption.dataDirectory)")
        }
        origin = isKnown ? (try? JSONDecoder().decode(Origin.self, from: FileBytes.read(note))) ?? Origin() : Origin()
        // The note first: a part without one would be taken for somebody else's.
        if !isKnown { try FileBytes.writeAtomically([JSONEncoder().encode(origin)], to: note) }
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw HostError(.cantCreate, "\(path): cannot be written: \(FileBytes.reason(errno))") }
        size = Int(lseek(descriptor, 0, SEEK_END))
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw HostError(.unavailable, "\(path): another process is downloading it")
        }
    }

    deinit { close(descriptor) }

    /// Says from where the next bytes come.
    func begin(from origin: Origin) throws {
        guard origin != self.origin else { return }
        self.origin = origin
        try FileBytes.writeAtomically([JSONEncoder().encode(origin)], to: note)
    }

    /// - Throws: `io`, for example where the disk is full.
    func append(_ bytes: UnsafeRawBufferPointer) throws(HostError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = pwrite(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, off_t(size))
            if count < 0 {
                if errno == EINTR { continue }
                throw HostError(.io, "\(path): writing failed: \(FileBytes.reason(errno))")
            }
            rest = rest.dropFirst(count)
            size += count
            received += count
        }
    }

    /// Begins anew.
    func clear() throws(HostError) {
        guard ftruncate(descriptor, 0) == 0 else { throw HostError(.io, "\(path): cannot be emptied: \(FileBytes.reason(errno))") }
        size = 0
    }

    /// Gives it its name, which must be free: nothing is ever overwritten.
    ///
    /// - Throws: `io`, `cantCreate`.
    func finish() throws(HostError) {
        guard fsync(descriptor) == 0 else { throw HostError(.io, "\(path): writing failed: \(FileBytes.reason(errno))") }
        // A second name, then the first one away: unlike a renaming, this fails where the name is taken. Some file systems know no
        // second names.
        if link(path, target) == 0 {
            unlink(path)
        } else {
            let reason = errno
            guard reason != EEXIST, !DataFile.exists(target), rename(path, target) == 0 else {
                throw HostError(.cantCreate, "\(target): cannot be made: \(FileBytes.reason(reason))")
            }
        }
        unlink(note)
    }

    /// Removes what is not worth keeping: nothing, or the wrong bytes.
    func remove() {
        unlink(path)
        unlink(note)
    }
}
