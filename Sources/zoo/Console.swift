import Foundation
import Glibc
import Logging
import Synchronization
import ZooCore
import ZooReport

/// Standard output for results, standard error for all else.
enum Console {
    private static let bar = Mutex<ProgressBar?>(nil)

    /// Writes results.
    ///
    /// - Throws: `io` if they do not arrive, on a full disk for example. A closed pipe is no error.
    static func output(_ text: String) throws(HostError) {
        let reason = put(text, StandardOutput.descriptor)
        if reason != 0, reason != EPIPE { throw HostError(.io, "standard output: \(String(cString: strerror(reason)))") }
    }

    /// Writes a line to standard error, above the progress bar if there is one.
    static func error(_ line: String) {
        bar.withLock { bar in
            if let bar {
                bar.print(line)
            } else {
                // Nobody is left to tell if this fails.
                _ = put(line + "\n", STDERR_FILENO)
            }
        }
    }

    /// Writes all of a text; gives the error number, or 0.
    private static func put(_ text: String, _ descriptor: Int32) -> Int32 {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }

    /// The bar that lines have to keep clear of from now on.
    static func show(_ next: ProgressBar?) { bar.withLock { $0 = next } }
}

/// Progress as bars on standard error, one after the other.
final class BarProgress: ZooCore.ProgressListener {
    private var bar: ProgressBar?

    func begin(_ label: String, total: Int, unit: String) {
        finish()
        let bar = ProgressBar(label: label, total: total, unit: unit)
        self.bar = bar
        Console.show(bar)
    }
    func advance(_ by: Int) { bar?.advance(by: by) }
    func note(_ text: String) { bar?.note(text) }
    func finish() {
        bar?.finish()
        bar = nil
        Console.show(nil)
    }
}

/// Log messages as lines on standard error: `zoo: warning: …`.
struct StandardErrorLog: LogHandler {
    let label: String
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        Console.error("zoo: \(event.level): \(label): \(event.message)\(details)")
    }
}

/// What Ctrl-C and `kill` do to work that can be resumed: the first asks it to stop after the step it is at, the second
/// ends the process at once.
enum Signals {
    /// - Parameter insistent: whether the second ends the process; a worker may be asked by the terminal or the cluster and by its parent,
    ///   and ends with its parent anyway.
    static func install(insistent: Bool = true) {
        // Reading it once makes sure that the flag exists before a handler needs it.
        guard !Interrupt.isRequested else { return }
        // The parent process may have blocked these signals, and then no handler would run.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&wanted, number)
            if insistent {
                signal(number) { _ in
                    if Interrupt.isRequested { _exit(130) }
                    Interrupt.request()
                }
            } else {
                signal(number) { _ in Interrupt.request() }
            }
        }
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    }

    private static let limit = Atomic<Bool>(false)

    /// Whether the cluster has said that the task's time is nearly over.
    static var isLimitNear: Bool { limit.load(ordering: .relaxed) }

    private static func limitComes() {
        limit.store(true, ordering: .relaxed)
        Interrupt.request()
    }

    /// Takes SIGUSR1 for the word that the time is nearly over, which asks work to stop as Ctrl-C does.
    static func watchLimit() {
        // Reading it once makes sure that the flag exists before a handler needs it.
        guard !isLimitNear else { return }
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGUSR1)
        signal(SIGUSR1) { _ in Signals.limitComes() }
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    }
}
