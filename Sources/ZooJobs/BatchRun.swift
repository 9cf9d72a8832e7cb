import Foundation
import Glibc
public import ZooCore
public import ZooStore
import ZooTraining

/// A plan carried out: what the store has is taken from there, the rest is run, and each result is in the store before the
/// next one is awaited.
public final class BatchRun {
    private let store: ResultStore
    private let planner: JobPlanner
    private let command: String
    private let board: (any BatchBoard)?

    /// - Parameter board: is shown how far the batch is; nil for a folder beside the store.
    public init(store: ResultStore, planner: JobPlanner, command: String, board: (any BatchBoard)? = nil) {
        self.store = store
        self.board = board ?? (store.path.isEmpty ? nil : LiveBoard(store: store.path))
        self.planner = planner
        self.command = command
    }

    /// Splits jobs into those whose results are known and those to be run.
    ///
    /// Failures are tried again, except trainings that diverged. A training run is known if its weights are there, too.
    public func sort(_ jobs: [Job], force: Bool) throws -> (known: [String: StoredResult], open: [Job]) {
        var seen: Set<String> = []
        let jobs = jobs.filter { seen.insert($0.id).inserted }
        if force { return ([:], jobs) }
        let byID = Dictionary(jobs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var known = try store.settled(jobs.map(\.id)) { [planner] result in
            byID[result.provenance.identity.plan].map { planner.isCurrent(result, $0) } ?? false
        }
        for job in jobs where job.task != .probe {
            guard let result = known[job.id] else { continue }
            let isThere = result.status == .failed || FileManager.default.fileExists(atPath: job.subject.weights)
            if job.task.isRestart || !isThere { known[job.id] = nil }
        }
        return (known, jobs.filter { known[$0.id] == nil })
    }

    /// Runs jobs and keeps their results.
    ///
    /// - Parameter ended: told of every result once it is on the disk.
    /// - Throws: `Interrupted` if asked to stop, `io` if the store cannot be written.
    public func run(
        _ jobs: [Job], on scheduler: Scheduler, progress: any ProgressListener, say: @escaping (String) -> Void,
        ended: @escaping (StoredResult) -> Void
    ) throws {
        guard !jobs.isEmpty else { return }
        try scheduler.run(jobs, listener: Keeper(self, progress: progress, say: say, ended: ended))
    }

    /// Keeps results, and shows how far the batch is: on the terminal and on the board beside the store.
    private final class Keeper: JobListener {
        private let batch: BatchRun
        let single: any ProgressListener
        private let say: (String) -> Void
        private let ended: (StoredResult) -> Void
        private var live: LiveBatch?
        private var shown: ContinuousClock.Instant?
        private var countsJobs = false

        init(_ batch: BatchRun, progress: any ProgressListener, say: @escaping (String) -> Void, ended: @escaping (StoredResult) -> Void) {
            self.batch = batch
            single = progress
            self.say = say
            self.ended = ended
        }

        func jobsBegin(_ count: Int) {
            countsJobs = count > 1
            if countsJobs { single.begin("\(count) jobs", total: count, unit: "jobs") }
            live = LiveBatch(
                process: getpid(), machine: Machine.name, command: batch.command, started: Date().formatted(.iso8601), total: count)
            batch.board?.begin()
            showLive()
        }
        func jobsRun(_ running: [RunningJob]) {
            if countsJobs {
                single.note(running.map(\.text).joined(separator: ", "))
                single.advance(0)
            }
            live?.running = running
            showLive()
        }
        func jobEnded(_ job: Job, _ outcome: JobOutcome, seconds: Double, conditions: Conditions?) throws {
            if countsJobs { single.advance(1) }
            let provenance = batch.planner.provenance(of: job, conditions, command: batch.command, seconds: seconds)
            let id = try conditions.map { try job.resultID($0.plugins) } ?? job.id
            let result = try batch.store.append(job: id, subject: job.subject, outcome: outcome, provenance: provenance)
            batch.board?.keep(result)
            live?.ended += 1
            if result.status == .failed { live?.failed += 1 }
            ended(result)
        }
        func jobSaid(_ line: String) { say(line) }
        func jobsEnd() {
            if countsJobs { single.finish() }
            batch.board?.clear()
        }

        /// Twice a second is enough for people to see it move.
        private func showLive() {
            guard let live, shown.map({ .now - $0 >= .milliseconds(500) }) ?? true else { return }
            shown = .now
            batch.board?.show(live)
        }
    }
}

extension Job.Task {
    fileprivate var isRestart: Bool { if case .training(_, let restart) = self { restart } else { false } }
}
