package import Glibc

/// What tells without reading a file that it is still the same.
public struct FileFacts: Codable, Hashable, Sendable {
    public let inode: UInt64
    public let size: Int64
    /// Nanoseconds since 1970: of the contents, and of anything about the file.
    public let modified, changed: Int64

    /// nil if there is no such file.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    package init(_ status: stat) {
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec) }
}
