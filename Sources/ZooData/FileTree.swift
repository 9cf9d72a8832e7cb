import Foundation
import ZooCore

/// What lies in a folder and its folders. Links are followed; nothing is opened but folders, so nothing can block.
///
/// Hidden and system files and folders are passed over without a word; pipes, sockets, devices, links that lead nowhere and links back to
/// a folder above are left out, and named.
struct FileTree: Sendable {
    /// Paths below the folder, name by name, in the order of their bytes.
    private(set) var files: [[ByteName]] = []
    private(set) var folders: [[ByteName]] = []
    /// What is left out, and why.
    private(set) var leftOut: [LeftOut] = []

    struct LeftOut: Sendable {
        let path: [ByteName]
        let what: String
        var text: String { path.map(\.text).joined(separator: "/") + " is " + what }
    }

    private static let deepest = 64

    /// - Parameters:
    ///   - depth: how many folders below this one are looked into.
    /// - Throws: `noInput` if one of the folders cannot be read.
    init(_ root: String, depth: Int = deepest) throws {
        try enter([], root, above: [], depth: depth)
    }

    private struct Identity: Hashable {
        let device: UInt
        let number: UInt
    }

    private mutating func enter(_ parts: [ByteName], _ path: String, above: Set<Identity>, depth: Int) throws {
        guard let stream = DataFile.withBytes(of: path, { opendir($0) }) else { throw DataFile.unreadable(path, "folder") }
        defer { closedir(stream) }
        var own = stat()
        guard fstat(dirfd(stream), &own) == 0 else { throw DataFile.unreadable(path, "folder") }
        let identity = Identity(device: UInt(own.st_dev), number: UInt(own.st_ino))
        guard !above.contains(identity) else {
            leftOut.append(LeftOut(path: parts, what: "a link to a folder that it lies in"))
            return
        }
        if !parts.isEmpty { folders.append(parts) }
        var names: [ByteName] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { ByteName($0.prefix { $0 != 0 }) }
            if !SystemFiles.contains(name) { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw DataFile.unreadable(path, "folder") }
        for name in names.sorted() {
            let place = parts + [name]
            let below = path == "/" ? "/" + name.text : path + "/" + name.text
            switch DataFile.kind(of: below) {
            case .file?: files.append(place)
            case .folder? where depth > 0: try enter(place, below, above: above.union([identity]), depth: depth - 1)
            case .folder?: if depth == 0, parts.count >= Self.deepest { leftOut.append(LeftOut(path: place, what: "too deep a folder")) }
            case .other(let what)?: leftOut.append(LeftOut(path: place, what: what))
            case nil: leftOut.append(LeftOut(path: place, what: "a link to nothing"))
            }
        }
    }
}

/// Files that systems and programs leave behind, which are nobody's data.
enum SystemFiles {
    private static let names: Set<String> = [
        "__macosx", "@eadir", "#recycle", "$recycle.bin", "thumbs.db", "ehthumbs.db", "desktop.ini", "lost+found",
        "system volume information",
    ]

    /// Hidden ones, macOS's `._` files among them, and those of file managers, network drives and archivers.
    static func contains(_ name: ByteName) -> Bool {
        name.bytes.first == UInt8(ascii: ".") || names.contains(String(decoding: name.bytes, as: UTF8.self).lowercased())
    }
}
