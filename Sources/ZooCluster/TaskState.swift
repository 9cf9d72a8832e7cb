public import ZooJobs
import ZooStore

/// How far a task is, as it last wrote it.
public struct TaskState: Codable, Sendable {
    public enum Phase: String, Codable, Sendable, CaseIterable {
        /// Nothing has begun it yet, or not yet again.
        case waiting
        case running
        /// It stopped before its time was over, with what it was at on the disk, and waits in the queue.
        case requeued
        case done
        /// It ended, and some of its jobs did not succeed.
        case failed
        /// Something asked it to stop, and nothing has put it back into the queue.
        case stopped
        /// It ran, and gives no sign any more.
        case lost
    }

    /// Why a job did not succeed.
    public struct Failure: Codable, Sendable, Equatable {
        /// The job in words; "" if it is not about one.
        public let job, cause: String
        /// Whether it would fail again with the same cause.
        public let isSettled: Bool

        public init(job: String, cause: String, isSettled: Bool) {
            self.job = job
            self.cause = cause
            self.isSettled = isSettled
        }
    }

    public let task: Int
    public var phase = Phase.waiting
    /// How often it has begun.
    public var attempt = 0
    public var machine = ""
    public var process: Int32 = 0
    /// The scheduler's name of it, "17_3".
    public var slurm = ""
    /// Seconds since 1970: when it began last, and when it wrote this.
    public var started = 0.0, updated = 0.0
    /// Its jobs, those that have ended, and of these the ones that failed.
    public var total: Int
    public var ended = 0, failed = 0
    /// Seconds of all its attempts.
    public var seconds = 0.0
    public var running: [RunningJob] = []
    public var failures: [Failure] = []

    public init(_ task: SweepTask) { (self.task, total) = (task.number, task.jobs.count) }

    /// More are in its store and its log.
    private static let mostFailures = 20

    mutating func add(_ failure: Failure) { if failures.count < Self.mostFailures { failures.append(failure) } }

    /// Counts a job that failed.
    mutating func add(_ result: StoredResult) {
        failed += 1
        let subject = result.subject
        add(
            Failure(
                job: "\(subject.entry), seed \(subject.seed), \(subject.probe) on \(subject.dataset)", cause: result.cause,
                isSettled: result.isSettled))
    }
}
