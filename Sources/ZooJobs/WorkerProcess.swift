import Foundation
import Glibc
import ZooCore

/// A worker as its parent sees it: a process of its own group with three pipes.
final class WorkerProcess {
    enum End: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    let id: pid_t
    /// Messages, and what the process or its plugins print.
    let messages, output: Int32
    private var input: Int32
    private var unread: [UInt8] = []
    /// The end of what was printed since the last job began.
    private var printed: [UInt8] = []
    /// How it ended and the most memory it ever held, in bytes; nil while it runs.
    private(set) var end: (End, peakMemory: Int)?

    /// Starts this very program, whatever has become of its file since, with other arguments.
    ///
    /// - Throws: `unavailable` if the system has no process or pipe to give.
    init(program: String = Program.image, arguments: [String]) throws {
        var pipes: [Int32] = []
        func fail(_ code: Int32) -> HostError {
            for descriptor in pipes { close(descriptor) }
            return HostError(.unavailable, "a worker cannot be started: \(String(cString: strerror(code)))")
        }
        // Each for reading and for writing, away from the numbers that the child wants them at, closed in whatever else is started.
        for _ in 0..<3 {
            var pair: [Int32] = [-1, -1]
            guard pipe(&pair) == 0 else { throw fail(errno) }
            for descriptor in pair {
                let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 10)
                let reason = errno
                close(descriptor)
                guard copy >= 0 else { throw fail(reason) }
                pipes.append(copy)
            }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in [(pipes[0], STDIN_FILENO), (pipes[5], STDOUT_FILENO), (pipes[5], STDERR_FILENO), (pipes[3], Worker.descriptor)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        // A group of its own: the terminal's Ctrl-C is for the parent, and what a plugin starts ends with its worker.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        var environment = ProcessInfo.processInfo.environment
        // The reason of a crash is one line; collecting a backtrace takes seconds.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        let argv = (["zoo"] + arguments).map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, program, &actions, &attributes, argv, envp)
        guard status == 0 else { throw fail(status) }
        for descriptor in [pipes[0], pipes[3], pipes[5]] { close(descriptor) }
        (id, input, messages, output) = (child, pipes[1], pipes[2], pipes[4])
        for descriptor in [messages, output] { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
    }

    deinit {
        if input >= 0 { close(input) }
        close(messages)
        close(output)
        if end == nil { kill() }
        reap(waiting: true)
    }

    /// Hands it a job. A worker that has died meanwhile is noticed when its pipe ends.
    func give(_ job: Job) throws {
        let encoder = ResultCoding.encoder
        encoder.outputFormatting = [.withoutEscapingSlashes]
        printed = []
        let line = try encoder.encode(job) + [UInt8(ascii: "\n")]
        line.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(input, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count > 0 { done += count } else if errno != EINTR { return }
            }
        }
    }

    /// Asks it to stop what it does.
    func interrupt() { _ = Glibc.kill(id, SIGINT) }

    /// Ends it and all that it started.
    func kill() { if end == nil, Glibc.kill(-id, SIGKILL) != 0 { _ = Glibc.kill(id, SIGKILL) } }

    /// What has come over the pipes since the last call, and whether the messages have ended.
    ///
    /// - Throws: `software` if a message is none.
    func receive() throws -> (messages: [WorkerMessage], isOver: Bool) {
        _ = drain(output, into: &printed)
        if printed.count > 8192 { printed.removeFirst(printed.count - 8192) }
        let isOver = drain(messages, into: &unread)
        var found: [WorkerMessage] = []
        while let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Data(unread[..<newline])
            unread.removeSubrange(...newline)
            guard let message = try? ResultCoding.decoder.decode(WorkerMessage.self, from: line) else {
                throw HostError(.software, "the worker's pipe carries what is no message")
            }
            found.append(message)
        }
        return (found, isOver)
    }

    /// Takes all bytes that are there; whether the other side has closed.
    private func drain(_ descriptor: Int32, into bytes: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { bytes += buffer[..<count] } else if count == 0 { return true } else if errno != EINTR { return errno != EAGAIN }
        }
    }

    /// Whole lines printed since the last job began that are the program's own: warnings and log messages.
    func takeLogLines() -> [String] {
        guard let end = printed.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let lines = String(decoding: printed[..<end], as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.contains(where: { $0.hasPrefix("zoo: ") }) else { return [] }
        let rest = lines.filter { !$0.hasPrefix("zoo: ") }.joined(separator: "\n")
        printed = Array((rest.isEmpty ? "" : rest + "\n").utf8) + printed[(end + 1)...]
        return lines.filter { $0.hasPrefix("zoo: ") }
    }

    /// The last line that it printed: what a crash says of itself.
    var lastWords: String {
        String(decoding: printed, as: UTF8.self).split(whereSeparator: \.isNewline).last.map { $0.trimmingCharacters(in: .whitespaces) }
            ?? ""
    }

    /// Notices its end.
    @discardableResult
    func reap(waiting: Bool) -> Bool {
        guard end == nil else { return true }
        var (status, usage): (Int32, rusage) = (0, rusage())
        var found: pid_t
        repeat { found = wait4(id, &status, waiting ? 0 : WNOHANG, &usage) } while found < 0 && errno == EINTR
        guard found != 0 else { return false }
        let signal = status & 0x7f
        end = (signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal), usage.ru_maxrss * 1024)
        return true
    }
}
