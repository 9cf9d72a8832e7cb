import Foundation
import Glibc
import ZooCore
import ZooProbes
import ZooStore
public import ZooTraining

/// The loop of a worker process: jobs come as JSON lines on standard input, messages go as JSON lines to descriptor 3.
/// Standard output and error are left to plugins, which may write what they like.
public enum Worker {
    /// The descriptor of messages to the parent.
    static let descriptor: Int32 = 3

    /// Limits what this process may allocate, and makes it end when its parent does.
    ///
    /// The limit is that on private writable memory (`RLIMIT_DATA`): address space alone, which libtorch and threads' arenas
    /// reserve by the gigabyte, is free, and an allocation beyond the limit fails where it is made, with an error that names it.
    public static func prepare(memory: Int?) {
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        if let memory {
            var limit = rlimit(rlim_cur: rlim_t(memory), rlim_max: rlim_t(memory))
            setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
        }
        // The parent may die without a message; then its end of the pipe closes.
        Thread.detachNewThread {
            var watched = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
            while true {
                if poll(&watched, 1, -1) > 0, watched.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { _exit(0) }
            }
        }
    }

    /// Does jobs until there are no more.
    ///
    /// - Parameter explain: an error in one line, with the exit status that goes with it.
    public static func run(laboratory: Laboratory, explain: (any Error) -> (cause: String, status: Int32)) {
        let runner = JobRunner(laboratory: laboratory)
        while let line = readLine() {
            guard let job = try? ResultCoding.decoder.decode(Job.self, from: Data(line.utf8)) else {
                send(
                    .finished(
                        .failed("the worker was sent what is no job", status: HostError.Kind.software.rawValue), seconds: 0, conditions: nil
                    ))
                continue
            }
            let start = ContinuousClock.now
            var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
            do {
                let (measurement, conditions) = try runner.run(job, progress: MessageProgress())
                send(.finished(.measured(measurement), seconds: seconds, conditions: conditions))
            } catch let error as NotApplicable {
                send(.finished(.notApplicable(error.description), seconds: seconds, conditions: runner.conditions))
            } catch let error as Interrupted {
                send(.interrupted(error.hint))
            } catch {
                let (cause, status) = explain(error)
                let isOutOfMemory = status == HostError.Kind.outOfMemory.rawValue
                send(
                    isOutOfMemory
                        ? .outOfMemory(cause) : .finished(.failed(cause, status: status), seconds: seconds, conditions: runner.conditions))
            }
        }
    }

    fileprivate static func send(_ message: WorkerMessage) {
        guard let line = try? ResultCoding.line(message) else { return }
        if !PipeEnds.write(line, to: descriptor) { _exit(1) }
    }

    /// Passes progress on, at most ten times a second.
    private final class MessageProgress: ProgressListener {
        private var waiting = 0
        private var last = ContinuousClock.now

        func begin(_ label: String, total: Int, unit: String) {
            waiting = 0
            send(.begin(label: label, total: total, unit: unit))
        }
        func advance(_ by: Int) {
            waiting += by
            let now = ContinuousClock.now
            guard now - last >= .milliseconds(100) else { return }
            send(.advance(waiting))
            (waiting, last) = (0, now)
        }
        func note(_ text: String) { send(.note(text)) }
        func finish() {
            if waiting > 0 { send(.advance(waiting)) }
            waiting = 0
        }
    }
}
