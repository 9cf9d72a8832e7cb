import Foundation
import ZooHost

/// Reading of whole files, with complaints of one line.
enum DataFile {
    /// - Parameter limit: a file of so many bytes or more is refused before it is read.
    /// - Throws: `HostError` if the file cannot be read or is too large.
    static func bytes(of path: String, limit: Int = 1 << 34) throws -> [UInt8] {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            guard attributes[.type] as? FileAttributeType != .typeDirectory else {
                throw HostError(.data, file: path, field: "file", expected: "a file", found: "a directory")
            }
            let size = attributes[.size] as? Int ?? 0
            guard size < limit else {
                throw HostError(.data, file: path, field: "size", expected: "less than \(limit >> 30) GiB", found: "\(size) bytes")
            }
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch let error as HostError {
            throw error
        } catch {
            throw unreadable(path, "file", error)
        }
    }

    /// The names in a directory, sorted by their bytes, hidden ones left out.
    ///
    /// - Throws: `HostError` if it cannot be read.
    static func names(in directory: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory).filter { !$0.hasPrefix(".") }.sorted(by: byBytes)
        } catch {
            throw unreadable(directory, "folder", error)
        }
    }

    /// The order of the names' UTF-8 bytes: the same in every locale.
    static func byBytes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Missing or not to be opened, so of kind `noInput`.
    private static func unreadable(_ path: String, _ what: String, _ error: any Error) -> HostError {
        HostError(.noInput, file: path, field: what, expected: "a readable \(what)", found: reason(error))
    }

    /// Foundation's texts run over several lines; the cause is in its underlying POSIX error.
    private static func reason(_ error: any Error) -> String {
        if [CocoaError.fileNoSuchFile, .fileReadNoSuchFile].contains((error as? CocoaError)?.code) {
            return String(cString: strerror(ENOENT))
        }
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return cause.map { String(cString: strerror(Int32(truncatingIfNeeded: $0.code))) } ?? error.localizedDescription
    }
}
