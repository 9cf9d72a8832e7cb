import CArchive
import Foundation
package import ZooCore

/// An archive's files, read into memory through libarchive: tar (v7, ustar, pax, GNU), plain or compressed by gzip, bzip2, xz, zstd, lz4 or
/// compress; zip; 7z. Nothing is unpacked to the disk.
///
/// Hidden and system files are passed over; devices, pipes, and links that lead to nothing in the archive are left out, and named.
package struct Archive: Sendable {
    package struct File: Sendable {
        /// Name by name.
        package let parts: [ByteName]
        /// Empty where nobody wanted them.
        package let contents: [UInt8]
    }

    package private(set) var files: [File] = []
    private(set) var folders: [[ByteName]] = []
    private(set) var leftOut: [FileTree.LeftOut] = []

    /// What one member and all together may hold: a small file can inflate to more than any memory holds.
    private static let largestMember = 1 << 30
    private static let largest = min(1 << 34, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) / 2)

    private struct Link {
        let parts: [ByteName]
        let target: [ByteName]?
    }

    /// Reads an archive in memory, keeping the contents of all files; `path` is what errors call it.
    ///
    /// - Parameter limit: most bytes of all of it together.
    package init(bytes: [UInt8], path: String, limit: Int) throws {
        try self.init(path: path, reader: ArchiveReader(path: path, bytes: bytes, limit: limit), limit: limit) { _ in true }
    }

    /// - Parameter wants: tells by name which files' contents are kept.
    /// - Throws: `HostError` naming the member if the file is cut, damaged or encrypted, or a member has a name that leads out of the
    ///   archive.
    init(path: String, wants: (ByteName) -> Bool) throws {
        try self.init(path: path, reader: ArchiveReader(path: path, limit: Self.largest), limit: Self.largest, wants: wants)
    }

    private init(path: String, reader: ArchiveReader, limit: Int, wants: (ByteName) -> Bool) throws {
        var (places, links, total): ([[ByteName]: Int], [Link], Int) = ([:], [], 0)
        while let entry = try reader.next() {
            let parts = try Self.parts(reader.name(entry), file: path)
            guard let name = parts.last else { continue }
            let isPassedOver = parts.contains(where: SystemFiles.contains)
            // A hard link may come with its contents; then it is a file.
            if let target = archive_entry_hardlink(entry), archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) == 0 {
                if !isPassedOver { links.append(Link(parts: parts, target: try Self.parts(Self.bytes(target), file: path))) }
                continue
            }
            switch archive_entry_filetype(entry) {
            case _ where isPassedOver: continue
            case S_IFDIR: folders.append(parts)
            case S_IFREG:
                let contents = wants(name) ? try reader.contents(limit: min(Self.largestMember, limit - total)) : []
                total += contents.count
                // A later member of a name takes the place of an earlier one, as it does when an archive is unpacked.
                if let place = places[parts] {
                    files[place] = File(parts: parts, contents: contents)
                } else {
                    places[parts] = files.count
                    files.append(File(parts: parts, contents: contents))
                }
            case S_IFLNK:
                let target = archive_entry_symlink(entry).map(Self.bytes) ?? ByteName([])
                links.append(Link(parts: parts, target: Self.resolve(target, from: parts.dropLast())))
            case S_IFIFO: leftOut.append(.init(path: parts, what: "a pipe"))
            case S_IFSOCK: leftOut.append(.init(path: parts, what: "a socket"))
            default: leftOut.append(.init(path: parts, what: "a device"))
            }
        }
        follow(links, places)
    }

    /// Makes files of the links to files, also of links to links; names the others.
    private mutating func follow(_ links: [Link], _ places: [[ByteName]: Int]) {
        guard !links.isEmpty else { return }
        let targets = Dictionary(links.map { ($0.parts, $0.target) }, uniquingKeysWith: { $1 })
        let above = Set(folders + files.flatMap { file in file.parts.indices.map { Array(file.parts[..<$0]) } })
        for link in links where places[link.parts] == nil {
            var target = link.target
            // Linux follows 40 links.
            for _ in 0..<40 {
                guard let next = target, places[next] == nil else { break }
                guard let further = targets[next] else { break }
                target = further
            }
            if let place = target.flatMap({ places[$0] }) {
                files.append(File(parts: link.parts, contents: files[place].contents))
            } else {
                let what = target.map { above.contains($0) ? "a folder" : "nothing" }
                leftOut.append(.init(path: link.parts, what: what.map { "a link to \($0)" } ?? "a link out of the archive"))
            }
        }
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> ByteName {
        ByteName(UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) })
    }

    private static func parts(_ name: ByteName, file: String) throws -> [ByteName] {
        let parts = name.bytes.split(separator: UInt8(ascii: "/")).map { ByteName($0) }.filter { $0.bytes != [UInt8(ascii: ".")] }
        guard name.bytes.first != UInt8(ascii: "/"), !parts.contains(where: { $0.bytes == Array("..".utf8) }) else {
            throw HostError(
                .data, file: file, field: "member", expected: "a name inside the archive, without '..'", found: "\"\(name.text)\"")
        }
        return parts
    }

    /// Where a symbolic link leads to; nil if that is not in the archive.
    private static func resolve(_ target: ByteName, from folder: ArraySlice<ByteName>) -> [ByteName]? {
        guard target.bytes.first != UInt8(ascii: "/") else { return nil }
        var parts = Array(folder)
        for part in target.bytes.split(separator: UInt8(ascii: "/")) where Array(part) != [UInt8(ascii: ".")] {
            if Array(part) != Array("..".utf8) {
                parts.append(ByteName(part))
            } else if parts.popLast() == nil {
                return nil
            }
        }
        return parts
    }
}
