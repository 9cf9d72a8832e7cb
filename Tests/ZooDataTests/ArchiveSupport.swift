import CArchive
import Foundation
import Testing

/// One member of an archive that a test makes.
struct Member {
    enum Kind { case file, folder, pipe, device, symbolicLink(String), hardLink(String) }

    var name: [UInt8]
    var contents: [UInt8] = []
    var kind = Kind.file

    init(_ name: String, _ contents: [UInt8] = [], _ kind: Kind = .file) {
        (self.name, self.contents, self.kind) = (Array(name.utf8), contents, kind)
    }

    init(bytes name: [UInt8], _ contents: [UInt8]) { (self.name, self.contents) = (name, contents) }
}

/// An archive of these members, written by libarchive into a file.
///
/// - Parameters:
///   - format: as `bsdtar --format` names it: v7tar, ustar, gnutar, pax, zip, 7zip.
///   - filter: gzip, bzip2, xz, zstd, lz4, compress; nil for none.
func writeArchive(_ path: String, format: String, filter: String? = nil, _ members: [Member]) throws {
    let archive = try #require(archive_write_new())
    defer { archive_write_free(archive) }
    func check(_ status: Int32) throws {
        try #require(status >= ARCHIVE_WARN, "\(archive_error_string(archive).map { String(cString: $0) } ?? "")")
    }
    try check(archive_write_set_format_by_name(archive, format))
    if let filter { try check(archive_write_add_filter_by_name(archive, filter)) }
    try check(archive_write_open_filename(archive, path))
    for member in members {
        let entry = try #require(archive_entry_new())
        defer { archive_entry_free(entry) }
        let name = member.name.map { CChar(bitPattern: $0) } + [0]
        archive_entry_copy_pathname(entry, name)
        archive_entry_set_perm(entry, 0o644)
        switch member.kind {
        case .file: archive_entry_set_filetype(entry, S_IFREG)
        case .folder: archive_entry_set_filetype(entry, S_IFDIR)
        case .pipe: archive_entry_set_filetype(entry, S_IFIFO)
        case .device: archive_entry_set_filetype(entry, S_IFCHR)
        case .symbolicLink(let target):
            archive_entry_set_filetype(entry, S_IFLNK)
            archive_entry_copy_symlink(entry, target)
        case .hardLink(let target):
            archive_entry_set_filetype(entry, S_IFREG)
            archive_entry_copy_hardlink(entry, target)
        }
        archive_entry_set_size(entry, Int64(member.contents.count))
        try check(archive_write_header(archive, entry))
        if !member.contents.isEmpty {
            try #require(archive_write_data(archive, member.contents, member.contents.count) == member.contents.count)
        }
    }
    try check(archive_write_close(archive))
}

/// Writes a file whose name, below a folder, may be any bytes; makes the folders above it.
func write(_ name: [UInt8], _ contents: [UInt8], in folder: String) throws {
    let whole = Array(folder.utf8) + [UInt8(ascii: "/")] + name
    for (index, byte) in whole.enumerated() where byte == UInt8(ascii: "/") && index > 0 {
        mkdir(whole[..<index].map { CChar(bitPattern: $0) } + [0], 0o755)
    }
    let descriptor = open(whole.map { CChar(bitPattern: $0) } + [0], O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(Glibc.write(descriptor, contents, contents.count) == contents.count)
}
