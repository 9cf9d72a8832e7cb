import Foundation
import Glibc
import Synchronization
import ZooCore
public import ZooJobs
public import ZooStore
import ZooTraining

/// Writes down how far a task of a sweep is, for `SweepStatus` to read on other machines: at every result, and every ten seconds as a
/// sign of life.
public final class TaskRecorder: BatchBoard, Sendable {
    public let sweep: Sweep
    public let task: SweepTask
    /// How often it has begun, this time included.
    public let attempt: Int
    private let kept: Mutex<Kept>

    private struct Kept {
        var state: TaskState
        /// Seconds of earlier attempts.
        let before: Double
        /// Whether the state is final, and no sign of life may follow.
        var isOver = false
    }

    /// A state without news is written again after these seconds.
    static let interval = 10.0

    /// - Throws: `cantCreate` or `io` if the state cannot be written.
    public init(_ sweep: Sweep, _ task: SweepTask) throws {
        self.sweep = sweep
        self.task = task
        let last = SweepStatus.state(of: task, in: sweep)
        var state = TaskState(task)
        state.phase = .running
        attempt = (last?.attempt ?? 0) + 1
        state.attempt = attempt
        (state.machine, state.process, state.slurm) = (Machine.name, getpid(), Slurm.ownTask ?? "")
        state.started = Date().timeIntervalSince1970
        kept = Mutex(Kept(state: state, before: last?.seconds ?? 0))
        try write()
        Thread.detachNewThread { [weak self] in
            while true {
                Thread.sleep(forTimeInterval: Self.interval)
                guard let self, self.signal() else { return }
            }
        }
    }

    /// A sign of life; false when there is nothing more to say.
    private func signal() -> Bool {
        if kept.withLock(\.isOver) { return false }
        // A folder that cannot be written for a while is no reason to end a task.
        try? write()
        return true
    }

    /// Written under the lock, so that an earlier state never replaces a later one.
    private func write(_ change: (inout Kept) -> Void = { _ in }) throws {
        try kept.withLock { kept in
            change(&kept)
            kept.state.updated = Date().timeIntervalSince1970
            kept.state.seconds = kept.before + kept.state.updated - kept.state.started
            try Self.write(kept.state, in: sweep)
        }
    }

    static func write(_ state: TaskState, in sweep: Sweep) throws {
        try FileBytes.writeAtomically([try ResultCoding.line(state)], to: sweep.state(of: state.task))
    }

    /// The task's own store: it alone writes it, and each result replaces the file whole.
    public func store() throws -> ResultStore { try ResultStore(publishing: sweep.store(of: task.number)) }

    // MARK: The batch

    /// Counts jobs whose results the task's store has from before.
    public func adopt(_ known: [StoredResult]) {
        kept.withLock { kept in
            kept.state.ended += known.count
            for result in known where result.status == .failed { kept.state.add(result) }
        }
    }

    public func begin() {}

    public func show(_ batch: LiveBatch) {
        kept.withLock { kept in
            // A task of a study also measures what it has trained.
            kept.state.total = max(kept.state.total, kept.state.ended - batch.ended + batch.total)
            kept.state.running = batch.running
        }
    }

    public func keep(_ result: StoredResult) {
        try? write { kept in
            kept.state.ended += 1
            if result.status == .failed { kept.state.add(result) }
        }
    }

    public func clear() { kept.withLock { $0.state.running = [] } }

    /// Why there is no result at all of some of its jobs.
    public func note(_ cause: String) {
        kept.withLock { kept in
            kept.state.add(TaskState.Failure(job: "", cause: cause, isSettled: false))
        }
    }

    // MARK: The end

    /// Whether jobs are left that were not tried.
    public var isIncomplete: Bool { kept.withLock { $0.state.ended < $0.state.total } }

    public func conclude(_ phase: TaskState.Phase) throws {
        try write { kept in
            kept.isOver = true
            kept.state.running = []
            kept.state.phase = phase == .done && !kept.state.failures.isEmpty ? .failed : phase
        }
    }
}
