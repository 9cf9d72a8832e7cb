import Foundation
package import Glibc
import ZooCore

/// Reading of whole files, with complaints of one line. Paths are texts as `ByteName` writes them, so that a name may be any bytes.
package enum DataFile {
    /// What a path leads to, links followed.
    enum Kind: Equatable {
        case file(size: Int)
        case folder
        /// A pipe, a socket or a device, in words.
        case other(String)
    }

    /// Nil if there is nothing, or nothing that may be looked at.
    static func kind(of path: String) -> Kind? {
        guard let status = status(of: path) else { return nil }
        return switch RegularFile.type(besidesFiles: status.st_mode) {
        case nil: .file(size: Int(status.st_size))
        case .directory?: .folder
        case let other?: .other("a \(other)")
        }
    }

    /// Nil if there is nothing, or nothing that may be looked at; then `errno` says why.
    package static func status(of path: String) -> stat? {
        var status = stat()
        return withBytes(of: path) { stat($0, &status) } == 0 ? status : nil
    }

    static func isDirectory(_ path: String) -> Bool { kind(of: path) == .folder }

    package static func isFile(_ path: String) -> Bool {
        if case .file? = kind(of: path) { true } else { false }
    }

    static func exists(_ path: String) -> Bool { kind(of: path) != nil }

    /// - Parameter limit: a file of this number of bytes or more is refused before it is read.
    /// - Throws: `HostError` if it is no regular file, cannot be read or is too large.
    static func bytes(of path: String, limit: Int = 1 << 34) throws -> [UInt8] {
        let file = try open(path)
        guard file.size < limit else {
            throw HostError(.data, file: path, field: "size", expected: "less than \(limit >> 30) GiB", found: "\(file.size) bytes")
        }
        return Array(try file.contents())
    }

    /// The first bytes of a file; fewer where it has no more.
    static func beginning(of path: String, count: Int) throws -> [UInt8] {
        let file = try open(path)
        var bytes = [UInt8](repeating: 0, count: min(file.size, count))
        let found = pread(file.descriptor, &bytes, bytes.count, 0)
        guard found >= 0 else { throw unreadable(path, "file") }
        return Array(bytes.prefix(found))
    }

    /// - Throws: `HostError` if it is no regular file or cannot be read.
    static func open(_ path: String) throws -> RegularFile {
        func wrong(_ found: String) -> HostError { HostError(.data, file: path, field: "file", expected: "a file", found: found) }
        switch kind(of: path) {
        case .file?: return try RegularFile(name: ByteName(text: path).bytes, called: path)
        case .folder?: throw wrong("a directory")
        case .other(let what)?: throw wrong(what)
        case nil: throw unreadable(path, "file")
        }
    }

    /// Calls `body` with the path as the system takes it.
    static func withBytes<R>(of path: String, _ body: (UnsafePointer<CChar>) -> R) -> R { ByteName(text: path).withCString(body) }

    /// Missing or not to be opened, so of kind `noInput`.
    static func unreadable(_ path: String, _ what: String) -> HostError {
        HostError(.noInput, file: path, field: what, expected: "a readable \(what)", found: reason())
    }

    static func reason() -> String { String(cString: strerror(errno)) }

    /// The order of the names' bytes: the same in every locale.
    static func byBytes(_ a: String, _ b: String) -> Bool { ByteName(text: a) < ByteName(text: b) }
}
