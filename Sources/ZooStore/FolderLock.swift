import Glibc

/// Lets one process at a time open a store for writing in a folder, while several may open some for reading.
enum FolderLock {
    /// - Parameter kind: `LOCK_EX` or `LOCK_SH`.
    static func held<R>(on folder: String, _ kind: Int32, _ body: () throws -> R) throws -> R {
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Without flock support, SQLite says what is wrong.
        guard descriptor >= 0 else { return try body() }
        defer { close(descriptor) }
        // Somebody may hold it for purposes of their own, so waiting ends.
        for _ in 0..<attempts {
            if flock(descriptor, kind | LOCK_NB) == 0 { break }
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            usleep(pause)
        }
        return try body()
    }

    private static let pause: UInt32 = 10_000
    /// Ten seconds: opening takes milliseconds.
    private static let attempts = 1000
}
