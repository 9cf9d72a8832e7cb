import Glibc

/// A pipe between this process and another that it starts.
package struct PipeEnds: ~Copyable {
    /// -1 once it is closed; the writer likewise.
    package private(set) var reader: Int32
    package private(set) var writer: Int32

    /// Both ends have numbers above those that a child is given, and are closed in every other program that is started.
    ///
    /// - Throws: `unavailable` if the system has no descriptors left.
    package init() throws(HostError) {
        var pair: [Int32] = [-1, -1]
        guard pipe(&pair) == 0 else { throw Self.failure(errno) }
        defer { for descriptor in pair { close(descriptor) } }
        let ends = pair.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        guard !ends.contains(-1) else {
            let reason = errno
            for descriptor in ends where descriptor >= 0 { close(descriptor) }
            throw Self.failure(reason)
        }
        (reader, writer) = (ends[0], ends[1])
    }

    deinit { for descriptor in [reader, writer] where descriptor >= 0 { close(descriptor) } }

    private static func failure(_ code: Int32) -> HostError { HostError(.unavailable, "no pipe: \(String(cString: strerror(code)))") }

    package mutating func closeReader() {
        if reader >= 0 { close(reader) }
        reader = -1
    }

    package mutating func closeWriter() {
        if writer >= 0 { close(writer) }
        writer = -1
    }

    /// Makes reading take what is there without waiting for more.
    package func stopWaiting() { _ = fcntl(reader, F_SETFL, fcntl(reader, F_GETFL) | O_NONBLOCK) }

    /// What is kept of more bytes than are wanted.
    package enum Kept { case first, last }

    /// Takes all bytes that are there.
    ///
    /// - Parameters:
    ///   - bytes: they are appended here, and of all of them `most` are kept.
    /// - Returns: whether there were any, and whether the other side has closed the pipe.
    package func drain(into bytes: inout [UInt8], most: Int = .max, keeping kept: Kept = .first) -> (found: Bool, isOver: Bool) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var found = false
        while true {
            let count = read(reader, &buffer, buffer.count)
            if count > 0 {
                found = true
                bytes += buffer[..<count]
                let excess = bytes.count - most
                if excess > 0 { kept == .first ? bytes.removeLast(excess) : bytes.removeFirst(excess) }
            } else if count == 0 {
                return (found, true)
            } else if errno != EINTR {
                return (found, errno != EAGAIN)
            }
        }
    }

    /// Writes all of it. A reader that is gone is noticed elsewhere.
    package func write(_ bytes: some Sequence<UInt8>) { _ = Self.write(bytes, to: writer) }

    /// Writes all of it; false if the reader is gone.
    package static func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32) -> Bool {
        Array(bytes).withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count > 0 { done += count } else if errno != EINTR { return false }
            }
            return true
        }
    }
}
