import CArchive
import Foundation
import ZooCore

/// One pass over an archive's members, through libarchive.
///
/// While it lives, its thread has a locale of UTF-8, in which libarchive keeps names as they are: it is to be made, used and dropped on
/// one thread.
final class ArchiveReader {
    private let path: String
    private let handle: OpaquePointer
    /// Open as long as libarchive reads from it.
    private var file: RegularFile?
    /// The archive in memory: inflated where it is gzipped, since libarchive does not look at gzip's checksums.
    private var memory: UnsafeMutableRawBufferPointer?
    private let locale = newlocale(1 << Int32(LC_CTYPE), "C.UTF-8", nil)
    private var before: locale_t?
    private var count = 0
    /// What errors call the next member before its name is read.
    private var place = "the first member"
    /// Bytes up to the end of the last member.
    private var end: Int64 = 0
    private let beginning: [UInt8]

    /// - Parameters:
    ///   - bytes: the archive where it is in memory; then `path` is only what errors call it.
    ///   - limit: most bytes of a gzipped archive, inflated.
    /// - Throws: `HostError` if the file cannot be read.
    init(path: String, bytes: [UInt8]? = nil, limit: Int) throws {
        self.path = path
        beginning = try bytes.map { Array($0.prefix(1024)) } ?? DataFile.beginning(of: path, count: 1024)
        guard let handle = archive_read_new() else { throw HostError(.outOfMemory, "\(path): no memory to read an archive") }
        self.handle = handle
        if let locale { before = uselocale(locale) }
        // Only what libarchive reads by itself: no filter that is a program, no format of installers and disks. A zip's members are
        // those that its directory at the end names, so a cut one is noticed.
        for enable in [
            archive_read_support_format_tar, archive_read_support_format_zip_seekable, archive_read_support_format_7zip,
            archive_read_support_filter_bzip2, archive_read_support_filter_xz, archive_read_support_filter_lzma,
            archive_read_support_filter_zstd, archive_read_support_filter_lz4, archive_read_support_filter_compress,
        ] { _ = enable(handle) }
        let status: Int32
        if Gzip.isCompressed(beginning) || bytes != nil {
            var bytes = try bytes ?? DataFile.bytes(of: path)
            if Gzip.isCompressed(beginning) { bytes = try Gzip.inflate(bytes, limit: limit, file: path) }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            memory.copyBytes(from: bytes)
            self.memory = memory
            status = archive_read_open_memory(handle, memory.baseAddress, memory.count)
        } else {
            let file = try DataFile.open(path)
            self.file = file
            status = archive_read_open_fd(handle, file.descriptor, 1 << 16)
        }
        guard status == ARCHIVE_OK, !beginning.isEmpty else { throw failure() }
    }

    deinit {
        archive_read_free(handle)
        memory?.deallocate()
        if let before { uselocale(before) }
        if let locale { freelocale(locale) }
    }

    /// The next member; nil at the end.
    ///
    /// - Throws: `HostError` if the archive is damaged or cut.
    func next() throws -> OpaquePointer? {
        if count > 0 {
            guard archive_read_data_skip(handle) >= ARCHIVE_WARN else { throw failure() }
            end = archive_filter_bytes(handle, 0)
        }
        var entry: OpaquePointer?
        let status = archive_read_next_header(handle, &entry)
        if status == ARCHIVE_EOF {
            // A tar ends with blocks of zeros; one that just stops is cut, though libarchive takes it.
            let isTar = archive_format(handle) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_TAR
            guard !isTar || archive_filter_bytes(handle, 0) >= end + 512 else {
                throw HostError(
                    .data, file: path, field: "end of the archive", expected: "a block of zeros",
                    found: "the end of the file after \(count) members: it is cut")
            }
            return nil
        }
        guard status >= ARCHIVE_WARN, let entry else { throw failure() }
        count += 1
        place = name(entry).text
        guard archive_entry_is_encrypted(entry) == 0 else {
            throw HostError(.data, file: path, field: place, expected: "a member that is not encrypted", found: "an encrypted one")
        }
        return entry
    }

    func name(_ entry: OpaquePointer) -> ByteName {
        // Where a name is not what the archive says of its encoding, the bytes are there all the same.
        guard let text = archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry) else {
            return ByteName("member \(count)".utf8)
        }
        return ByteName(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// The current member's contents.
    ///
    /// - Throws: `HostError` if they are damaged, cut, or more than `limit` bytes.
    func contents(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let found = archive_read_data(handle, buffer.baseAddress, buffer.count)
            guard found >= 0 else { throw failure() }
            if found == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<found])
            guard bytes.count <= limit else {
                throw HostError(
                    .data, file: path, field: place, expected: "at most 1 GiB in a member, and half the memory in all",
                    found: "more")
            }
        }
    }

    private func failure() -> HostError {
        let text = archive_error_string(handle).map { String(cString: $0) } ?? "error \(archive_errno(handle))"
        guard archive_format(handle) == 0 || count == 0 else {
            return HostError(.data, file: path, field: "after \(place)", expected: "a whole archive", found: oneLine(text))
        }
        return HostError(
            .data, file: path, field: "archive", expected: "a tar (plain, or compressed by gzip, bzip2, xz or zstd), zip or 7z file",
            found: guess() ?? oneLine(text))
    }

    private func oneLine(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }

    /// What a file that no format knows may be.
    private func guess() -> String? {
        func begins(_ text: String) -> Bool { beginning.starts(with: text.utf8) }
        if beginning.isEmpty { return "an empty file" }
        if begins("PK") { return "a zip file without its directory: it is cut" }
        if begins("7z\u{bc}") || beginning.starts(with: [0x37, 0x7a, 0xbc, 0xaf]) { return "a 7z file without its directory: it is cut" }
        if begins("version https://git-lfs") { return "a pointer of Git LFS: fetch the file itself" }
        if begins("<") { return "a page of HTML or XML" }
        if begins("Rar!") { return "a RAR file" }
        if beginning.count < 512 { return "\(beginning.count) bytes that are no archive, or the beginning of one: it is cut" }
        return "something else, or a damaged first header: not a tar file"
    }
}
