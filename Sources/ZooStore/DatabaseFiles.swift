import Foundation
import GRDB
import Glibc
import ZooCore

/// The files of an SQLite database, looked at without SQLite, which would write beside them.
///
/// They are not opened: closing a file releases all locks that the process holds on it, SQLite's too.
struct DatabaseFiles: Sendable {
    /// The path as it was given: errors call the store by it.
    let name: String
    /// Absolute, behind symbolic links, so that SQLite takes it for no URI and its other files lie beside the real one.
    let path: String

    /// What changes whenever a file is written or replaced.
    struct State: Equatable, Sendable {
        let device: UInt, inode: UInt, size: Int, seconds: Int, nanoseconds: Int
    }

    init(_ name: String) {
        self.name = name
        path = Self.target(of: name)
    }

    var main: State? { Self.state(path) }
    /// The file of the write-ahead log.
    var log: State? { Self.state(path + "-wal") }
    /// The file of the log's index, which is there while a process has the database open.
    var index: State? { Self.state(path + "-shm") }
    /// The rollback journal, which is used outside write-ahead mode.
    var journal: State? { Self.state(path + "-journal") }

    var folder: String { (path as NSString).deletingLastPathComponent }

    /// What makes it impossible that there is a database; nil for a regular file or none.
    func obstacle() -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return errno == ENOENT ? nil : FileBytes.reason(errno) }
        return RegularFile.type(besidesFiles: status.st_mode).map { "is a \($0), expected a file" }
    }

    /// Copies what there is into a folder, all of the same instant.
    ///
    /// - Returns: the copy; nil if somebody wrote at that time.
    func copied(to folder: String) throws -> DatabaseFiles? {
        let before = (main, log, journal)
        guard before.0 != nil else { throw HostError(.noInput, "\(name): has just been removed") }
        let copy = DatabaseFiles(folder + "/store.sqlite")
        for (suffix, state) in [("", before.0), ("-wal", before.1), ("-journal", before.2)] where state != nil {
            do { try FileManager.default.copyItem(atPath: path + suffix, toPath: copy.path + suffix) } catch {
                guard Self.state(path + suffix) == state else { return nil }
                throw HostError(.noInput, "\(name)\(suffix): cannot be read")
            }
        }
        return (main, log, journal) == before ? copy : nil
    }

    /// Makes the folder that the file lies in.
    func makeFolder() throws {
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw HostError(.cantCreate, "\(name): the store's folder cannot be created")
        }
    }

    /// Puts all of a database in the file's place at once.
    func replace(with queue: DatabaseQueue) throws {
        try makeFolder()
        unlink(draft)
        defer { unlink(draft) }
        try queue.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [draft]) }
        try takeDraft()
    }

    /// A file beside this one that only this process writes.
    var draft: String { "\(folder)/\(draftStart)\(getpid())\(Self.draftEnd)" }

    private var draftStart: String { ".\((path as NSString).lastPathComponent).\(HostName.current)." }
    private static let draftEnd = ".new"

    /// Removes what processes of this machine have left behind that were killed.
    func removeAbandonedDrafts() {
        for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard file.hasPrefix(draftStart), file.hasSuffix(Self.draftEnd),
                let process = pid_t(file.dropFirst(draftStart.count).dropLast(Self.draftEnd.count)), process > 0,
                process == getpid() || kill(process, 0) != 0 && errno == ESRCH
            else { continue }
            unlink("\(folder)/\(file)")
        }
    }

    /// Gives the draft, by now a whole database, this file's name.
    func takeDraft() throws {
        for place in [draft, folder] {
            let descriptor = open(place, O_RDONLY | O_CLOEXEC)
            let isWritten = descriptor >= 0 && fsync(descriptor) == 0
            if descriptor >= 0 { close(descriptor) }
            // Some file systems do not flush folders.
            guard isWritten || place == folder else { throw HostError(.io, "\(name): writing failed: \(FileBytes.reason(errno))") }
            if place == draft, rename(draft, path) != 0 {
                throw HostError(.cantCreate, "\(name): cannot be replaced: \(FileBytes.reason(errno))")
            }
        }
    }

    private static func state(_ path: String) -> State? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return State(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    /// The file that a path stands for, also where that is yet to be made.
    private static func target(of path: String) -> String {
        var path = URL(fileURLWithPath: path).standardizedFileURL.path
        // As many links as the kernel follows.
        for _ in 0..<40 {
            if let real = realpath(path, nil) {
                defer { free(real) }
                return String(cString: real)
            }
            guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
            path = next.hasPrefix("/") ? next : (path as NSString).deletingLastPathComponent + "/" + next
        }
        return path
    }
}
