import Foundation
package import Glibc

/// A process that this one has started; nothing else of the zoo starts any.
///
/// swift-subprocess is no alternative: it gives a child its three standard descriptors and closes the others, and a worker speaks
/// on a fourth.
package struct RunningProcess: Sendable {
    package enum End: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    package let id: pid_t
    private let hasGroup: Bool

    /// - Parameters:
    ///   - arguments: its name, then its arguments.
    ///   - descriptors: by their numbers in the child; there is nothing on a standard input that is not among them.
    ///   - ownGroup: whether the terminal's Ctrl-C is kept from it, and `kill` ends what it has started, too. Without a group of its own it
    ///     ends with this process by Ctrl-C.
    /// - Throws: `unavailable` if it cannot be started.
    package init(_ program: String, _ arguments: [String], descriptors: [Int32: Int32], ownGroup: Bool) throws(HostError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if descriptors[STDIN_FILENO] == nil { posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) }
        for (number, descriptor) in descriptors { posix_spawn_file_actions_adddup2(&actions, descriptor, number) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        if ownGroup {
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
            posix_spawnattr_setpgroup(&attributes, 0)
        }
        // The reason of a crash is one line; collecting a backtrace takes seconds.
        let environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        let words = arguments.map { strdup($0) } + [nil]
        let settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + settings).forEach { free($0) } }
        var child: pid_t = 0
        let reason = posix_spawn(&child, program, &actions, &attributes, words, settings)
        guard reason == 0 else { throw HostError(.unavailable, "\(program): cannot be started: \(String(cString: strerror(reason)))") }
        (id, hasGroup) = (child, ownGroup)
    }

    /// Asks it to stop what it does.
    package func interrupt() { _ = Glibc.kill(id, SIGINT) }

    /// Ends it, and with a group of its own all that it has started.
    package func kill() { if !hasGroup || Glibc.kill(-id, SIGKILL) != 0 { _ = Glibc.kill(id, SIGKILL) } }

    /// How it ended, and the most memory that it held at once, in bytes; nil while it runs. The system tells it once.
    package func reap(waiting: Bool) -> (end: End, peakMemory: Int)? {
        var (status, usage): (Int32, rusage) = (0, rusage())
        var found: pid_t
        repeat { found = wait4(id, &status, waiting ? 0 : WNOHANG, &usage) } while found < 0 && errno == EINTR
        guard found != 0 else { return nil }
        // The macros that take a status apart are not imported: the low seven bits are the signal.
        let signal = status & 0x7f
        return (signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal), usage.ru_maxrss * 1024)
    }
}
