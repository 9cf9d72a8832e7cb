import Foundation
import Glibc

/// A program run to its end with a time limit, in a process of its own: what crashes or hangs there does so alone.
public struct ChildProcess: Sendable {
    public enum End: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
        /// It was killed because it wrote nothing for this number of seconds.
        case hung(seconds: Double)

        /// "ended with status 3", "was killed by signal 11 (Segmentation fault)", "hung: …".
        public var description: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .killed(let signal): "was killed by signal \(signal) (\(strsignal(signal).map { String(cString: $0) } ?? "unknown"))"
            case .hung(let seconds): "hung: no answer within \(seconds.formattedSeconds) s"
            }
        }
    }

    public let end: End
    /// What it wrote to standard output.
    public let output: [UInt8]
    /// The end of what it wrote to standard error, 16 KiB at most.
    public let errors: [UInt8]

    /// The last line on standard error that is not blank: where runtimes say what they died of.
    public var lastWords: String? {
        String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }

    private static let mostOutput = 64 << 20
    private static let mostErrors = 16 << 10

    /// Runs `program` with nothing on its standard input.
    ///
    /// - Parameter patience: seconds within which something has to come on standard output, counted anew each time it does.
    /// - Throws: `unavailable` if it cannot be started.
    public static func run(_ program: String, _ arguments: [String], patience: Double) throws(HostError) -> ChildProcess {
        var (output, errors) = (PipeEnds(), PipeEnds())
        guard output.open(), errors.open() else { throw HostError(.unavailable, "no pipe: \(String(cString: strerror(errno)))") }
        defer {
            output.close()
            errors.close()
        }
        let child = try start(program, arguments, output: output.writer, errors: errors.writer)
        output.closeWriter()
        errors.closeWriter()
        let limit = Int64(patience * 1e9)
        var deadline = now() + limit
        var status: Int32 = 0
        var isOver = false
        while output.isOpen || errors.isOpen || !isOver {
            // A grandchild may hold the pipes open: they are not waited for once the child itself is gone.
            if !isOver, waitpid(child, &status, WNOHANG) == child {
                isOver = true
                continue
            }
            let hasMore = PipeEnds.wait(&output, &errors, milliseconds: isOver ? 0 : 20)
            if output.read(most: mostOutput, keepingEnd: false) { deadline = now() + limit }
            _ = errors.read(most: mostErrors, keepingEnd: true)
            if isOver, !hasMore { break }
            if !isOver, now() > deadline {
                kill(child, SIGKILL)
                while waitpid(child, &status, 0) < 0, errno == EINTR {}
                return ChildProcess(end: .hung(seconds: patience), output: output.bytes, errors: errors.bytes)
            }
        }
        // The macros that take a status apart are not imported: the low seven bits are the signal.
        let signal = status & 0x7f
        return ChildProcess(
            end: signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal), output: output.bytes, errors: errors.bytes)
    }

    private static func start(_ program: String, _ arguments: [String], output: Int32, errors: Int32) throws(HostError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        // A process that is expected to crash need not spend a second on saying how.
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] = "enable=no"
        var settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { settings.forEach { free($0) } }
        var child: pid_t = 0
        let reason = posix_spawn(&child, program, &actions, nil, &words, &settings)
        guard reason == 0 else { throw HostError(.unavailable, "\(program): cannot be started: \(String(cString: strerror(reason)))") }
        return child
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// A pipe from a child, and what has come through it.
private struct PipeEnds {
    private(set) var reader: Int32 = -1
    private(set) var writer: Int32 = -1
    private(set) var bytes: [UInt8] = []
    var isOpen: Bool { reader >= 0 }

    mutating func open() -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        (reader, writer) = (ends[0], ends[1])
        _ = fcntl(reader, F_SETFD, FD_CLOEXEC)
        _ = fcntl(writer, F_SETFD, FD_CLOEXEC)
        _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        return true
    }

    mutating func closeWriter() {
        if writer >= 0 { Glibc.close(writer) }
        writer = -1
    }

    mutating func close() {
        closeWriter()
        if reader >= 0 { Glibc.close(reader) }
        reader = -1
    }

    /// Waits until one of the two has something to say; whether one has.
    static func wait(_ a: inout PipeEnds, _ b: inout PipeEnds, milliseconds: Int32) -> Bool {
        // A negative descriptor is left out.
        var wanted = [pollfd(fd: a.reader, events: Int16(POLLIN), revents: 0), pollfd(fd: b.reader, events: Int16(POLLIN), revents: 0)]
        return poll(&wanted, 2, milliseconds) > 0
    }

    /// Takes what is there; whether anything was. `most` bytes are kept, the first or the last of all.
    mutating func read(most: Int, keepingEnd: Bool) -> Bool {
        guard isOpen else { return false }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var found = false
        while true {
            let count = Glibc.read(reader, &buffer, buffer.count)
            if count > 0 {
                found = true
                bytes += buffer[..<count]
                if bytes.count > most { keepingEnd ? bytes.removeFirst(bytes.count - most) : bytes.removeLast(bytes.count - most) }
            } else if count == 0 {
                Glibc.close(reader)
                reader = -1
                return found
            } else if errno != EINTR {
                return found
            }
        }
    }
}

extension Double {
    /// "10", "0.5".
    fileprivate var formattedSeconds: String { self == rounded() ? String(Int(self)) : String(self) }
}
