public import Foundation
import Glibc
import ZooCore
import ZooJobs
import ZooTraining

/// How far a sweep is, told from its files alone; the scheduler is asked only which tasks are in its queue.
public struct SweepStatus: Encodable, Sendable {
    /// A task that did not succeed, or one of its jobs.
    public struct Failed: Encodable, Sendable, Equatable {
        public let task: Int
        public let phase: TaskState.Phase
        /// "" where it is about the task as a whole.
        public let job, cause, log: String
    }

    /// A task that runs.
    public struct Running: Encodable, Sendable {
        public let task: Int
        public let machine, slurm, text: String
    }

    public let id, folder, store: String
    public let tasks: [String: Int]
    /// Jobs in all, those with a result, those that failed, and the rest.
    public let jobs, done, failed, left: Int
    public let running: [Running]
    public let failures: [Failed]
    /// Tasks that wait by the sweep's files, and are not in the scheduler's queue; nil where that is not known.
    public let unqueued: [Int]?
    /// Seconds until all is done, if as many tasks run at once as now; nil where nothing runs or nothing is done.
    public let secondsLeft: Double?
    /// Tasks that `retry` submits.
    public let open: [Int]

    /// After these seconds without a sign a task counts as lost, unless it can be asked about on its own machine.
    static let patience = 120.0

    /// The state that a task has written last; nil if it has not begun.
    static func state(of task: SweepTask, in sweep: Sweep) -> TaskState? {
        (try? FileBytes.read(sweep.state(of: task.number))).flatMap { try? ResultCoding.decoder.decode(TaskState.self, from: $0) }
    }

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - queued: tasks in the scheduler's queue; nil where it was not asked.
    public init(_ sweep: Sweep, now: Double = Date().timeIntervalSince1970, queued: Set<Int>?) throws {
        (id, folder, store) = (sweep.manifest.id, sweep.folder, sweep.manifest.store)
        var counts: [TaskState.Phase: Int] = [:]
        var (jobs, ended, failed) = (0, 0, 0)
        var (running, failures, unqueued, open): ([Running], [Failed], [Int], [Int]) = ([], [], [], [])
        var worked = 0.0
        for task in try sweep.tasks() {
            var state = Self.state(of: task, in: sweep) ?? TaskState(task)
            if state.phase == .running, !Self.isAlive(state, now: now) { state.phase = .lost }
            counts[state.phase, default: 0] += 1
            jobs += state.total
            ended += state.ended
            failed += state.failed
            worked += state.seconds
            let log = state.slurm.isEmpty ? "" : sweep.log(of: state.slurm)
            func report(_ cause: String, job: String = "") {
                failures.append(Failed(task: task.number, phase: state.phase, job: job, cause: cause, log: log))
            }
            var isOpen = false
            switch state.phase {
            case .waiting, .requeued:
                if let queued, !queued.contains(task.number) {
                    unqueued.append(task.number)
                    isOpen = true
                }
            case .running:
                let text = state.running.map(\.text).joined(separator: ", ")
                running.append(Running(task: task.number, machine: state.machine, slurm: state.slurm, text: text.isEmpty ? "begins" : text))
            case .done: break
            case .failed: isOpen = state.failures.contains { !$0.isSettled }
            case .stopped:
                report("it was asked to stop, and was not put back into the queue")
                isOpen = true
            case .lost:
                let silence = Int(now - state.updated)
                let what = state.running.first.map { " at \($0.text)" } ?? ""
                report("it gives no sign any more\(what): process \(state.process) on \(state.machine), last heard of \(silence) s ago")
                isOpen = true
            }
            for failure in state.failures { report(failure.cause, job: failure.job) }
            // One that only seems lost is left alone.
            if isOpen, queued?.contains(task.number) != true { open.append(task.number) }
        }
        tasks = Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
        (self.jobs, done, self.failed, left) = (jobs, ended - failed, failed, jobs - ended)
        (self.running, self.failures, self.open) = (running, failures, open)
        self.unqueued = queued == nil ? nil : unqueued
        secondsLeft =
            ended > 0 && !running.isEmpty ? worked / Double(ended) * Double(jobs - ended) / Double(running.count) : nil
    }

    public func count(_ phase: TaskState.Phase) -> Int { tasks[phase.rawValue] ?? 0 }

    /// Whether the process that wrote a state is still there. Another machine's is believed for a while.
    private static func isAlive(_ state: TaskState, now: Double) -> Bool {
        if state.machine == Machine.name, kill(state.process, 0) != 0, errno == ESRCH { return false }
        return now - state.updated < patience
    }
}
