public import FoundationEssentials
package import Glibc

/// A regular file that is open for reading. Its name is looked up once; all that is asked of it later goes to the descriptor, so a file
/// that is put in its place meanwhile changes nothing.
///
/// Opening never blocks and touches no device: the name is first opened as a mere place (`O_PATH`), which tells the type, and only a
/// regular file is then opened for reading, through that place.
public final class RegularFile: Sendable {
    /// What errors call it.
    public let path: String
    public let descriptor: Int32
    /// In bytes, when it was opened.
    public let size: Int
    /// Owner, permissions and times, when it was opened.
    package let status: stat

    /// Opens the file of that name; symbolic links are followed.
    ///
    /// - Throws: `noInput` if there is none, if it must not be read, or if it is a directory, pipe, socket or device.
    public convenience init(_ path: String) throws(HostError) {
        try self.init(name: Array(path.utf8), called: path)
    }

    /// Opens a file whose name may be any bytes; `path` is what errors call it.
    ///
    /// - Throws: as `init(_:)`.
    public convenience init(name: [UInt8], called path: String) throws(HostError) {
        guard !name.contains(0) else { throw HostError(.noInput, "\(path): a file's name cannot hold a NUL") }
        let place = (name.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { text in
            text.baseAddress.map { open($0, Self.asPlace | O_CLOEXEC) } ?? -1
        }
        guard place >= 0 else { throw HostError(.noInput, "\(path): \(FileBytes.reason(errno))") }
        defer { close(place) }
        try self.init(place: place, called: path)
    }

    /// Opens what a descriptor made with `asPlace` stands for. The descriptor stays the caller's.
    ///
    /// - Throws: as `init(_:)`.
    package init(place: Int32, called path: String) throws(HostError) {
        var status = stat()
        guard fstat(place, &status) == 0 else { throw HostError(.io, "\(path): \(FileBytes.reason(errno))") }
        if let other = Self.type(besidesFiles: status.st_mode) {
            throw HostError(.noInput, "\(path): is a \(other), expected a file")
        }
        let descriptor = open("/proc/self/fd/\(place)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError(.noInput, "\(path): \(FileBytes.reason(errno))") }
        self.path = path
        self.descriptor = descriptor
        self.status = status
        size = Int(status.st_size)
    }

    /// `O_PATH`, which Swift's module of glibc leaves out.
    package static let asPlace: Int32 = 0o10000000

    deinit { close(descriptor) }

    /// What a name can stand for that is no regular file; its case's name is what messages call it.
    package enum OtherType {
        case directory, pipe, socket, device
    }

    /// Nil for a regular file.
    package static func type(besidesFiles mode: mode_t) -> OtherType? {
        switch mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: .directory
        case S_IFIFO: .pipe
        case S_IFSOCK: .socket
        default: .device
        }
    }

    /// Its path without symbolic links, as the system knows it; nil if it does not tell.
    package var realPath: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)") }

    /// The whole file: copied up to `FileBytes.largestRead` bytes, mapped beyond.
    ///
    /// - Throws: `io` if reading fails.
    public func contents() throws(HostError) -> Data {
        if size > FileBytes.largestRead {
            let mapped = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
            guard let mapped, mapped != MAP_FAILED else { throw HostError(.io, "\(path): \(FileBytes.reason(errno))") }
            return Data(bytesNoCopy: mapped, count: size, deallocator: .custom { pointer, count in munmap(pointer, count) })
        }
        return try copied()
    }

    /// The whole file in memory of its own, which nobody else writes into.
    ///
    /// - Throws: `io` if reading fails.
    package func copied() throws(HostError) -> Data {
        var data = Data(capacity: size)
        // A file that shrinks meanwhile comes out short, and its parser finds it truncated.
        try forEachChunk { data.append(contentsOf: $0) }
        return data
    }

    /// The bytes in order, at most 1 MiB at a time, from the first to the size that the file had when it was opened: a file that
    /// something goes on writing has an end, too.
    ///
    /// - Throws: `io` if reading fails, and what `body` throws.
    package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws(HostError) -> Void) throws(HostError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(max(size, 1), 1 << 20), alignment: 4096)
        defer { buffer.deallocate() }
        var done = 0
        while done < size {
            let count = pread(descriptor, buffer.baseAddress, min(buffer.count, size - done), off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw HostError(.io, "\(path): \(FileBytes.reason(errno))")
            }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            done += count
        }
    }

    /// The SHA-256 of its bytes.
    ///
    /// - Throws: `io` if reading fails.
    public func sha256() throws(HostError) -> String {
        let digest = try Checksum.Digest()
        try forEachChunk { (bytes) throws(HostError) in try digest.update(bytes) }
        return try digest.finish()
    }
}
