import Foundation
import Glibc
import Testing
import ZooCluster
import ZooCore
import ZooJobs
import ZooStore
import ZooTraining

/// A folder of its own for one test, removed afterwards.
private func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-sweep-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

/// Sweeps from their files alone, which these tests write.
@Suite struct SweepTests {
    /// A job by what is asked for, as a file of tasks holds it.
    private func job(_ entry: String, seed: UInt64) throws -> SweepJob {
        let text = #"{"entry": "\#(entry)", "dataset": "strokes", "probe": "training", "seed": \#(seed), "key": "\#(entry)-\#(seed)"}"#
        return try ResultCoding.decoder.decode(SweepJob.self, from: Data(text.utf8))
    }

    private func jobs(_ entries: [String], seeds: [UInt64]) throws -> [SweepJob] {
        try entries.flatMap { entry in try seeds.map { try job(entry, seed: $0) } }
    }

    private func sweep(_ folder: String, _ jobs: [SweepJob], perTask: Int = 1) throws -> Sweep {
        var sweep = Sweep(new: folder + "/s", id: "s", store: folder + "/all.sqlite", slurm: SlurmOptions())
        let tasks = try sweep.add(jobs, perTask: perTask, command: ["train", "a"], environment: [:], directory: folder)
        try sweep.write(adding: tasks)
        return sweep
    }

    /// What a task would have written.
    private func write(
        _ phase: TaskState.Phase, of task: Int, in sweep: Sweep, machine: String = "node1", process: Int32 = 1, updated: Double = 1000,
        ended: Int = 0, seconds: Double = 0, failures: [TaskState.Failure] = []
    ) throws {
        var state = TaskState(try sweep.task(task))
        (state.phase, state.machine, state.process, state.updated) = (phase, machine, process, updated)
        (state.ended, state.failed, state.seconds, state.failures) = (ended, failures.count, seconds, failures)
        (state.attempt, state.slurm) = (1, "17_\(task)")
        try FileBytes.writeAtomically([ResultCoding.line(state)], to: "\(sweep.folder)/state/\(task).json")
    }

    @Test func aSweepIsReadAsItWasWritten() throws {
        try withFolder { folder in
            let made = try sweep(folder, jobs(["a", "b"], seeds: [0, 1, 2]), perTask: 4)
            let read = try Sweep(folder + "/s")
            #expect(try read.tasks().map(\.jobs) == made.tasks().map(\.jobs))
            #expect(try read.tasks().map(\.jobs.count) == [4, 2])
            #expect(try read.task(1).jobs == [job("b", seed: 1), job("b", seed: 2)])
            #expect(throws: HostError.self) { try read.task(2) }
            #expect(Sweep.all(below: folder) == [folder + "/s"])
        }
    }

    /// Seeds that are asked for later are added, and nothing else.
    @Test func jobsThatASweepHasAreNotAddedAgain() throws {
        try withFolder { folder in
            var found = try sweep(folder, jobs(["a", "b"], seeds: [0, 1]))
            let again = try found.add(
                jobs(["a", "b"], seeds: [0, 1]), perTask: 1, command: ["train"], environment: [:], directory: folder)
            #expect(again.isEmpty && found.manifest.submissions.count == 1)
            let more = try found.add(
                jobs(["a", "b"], seeds: [0, 1, 2]), perTask: 1, command: ["train"], environment: [:], directory: folder)
            #expect(try more.map(\.number) == [4, 5] && more.flatMap(\.jobs) == jobs(["a", "b"], seeds: [2]))
            try found.write(adding: more)
            #expect(try Sweep(folder + "/s").tasks().map(\.number) == Array(0..<6))
            #expect(found.scripts(for: more, limit: 1001).map { $0.array.text(throttle: nil) } == ["4-5"])
        }
    }

    @Test func aDamagedSweepIsAnErrorThatNamesTheField() throws {
        try withFolder { folder in
            #expect(throws: HostError(.noInput, "\(folder): there is no sweep: expected a folder with a file sweep.json")) {
                try Sweep(folder)
            }
            try Data(#"{"version": 1, "id": 3}"#.utf8).write(to: URL(fileURLWithPath: folder + "/sweep.json"))
            let error = #expect(throws: HostError.self) { try Sweep(folder) }
            #expect(error?.field == "$.id" && error?.kind == .data)
        }
    }

    /// One task in every state that there is.
    @Test func statusTellsWhatEachTaskIsAt() throws {
        try withFolder { folder in
            let sweep = try sweep(folder, jobs(["a", "b", "c", "d", "e", "f", "g", "h"], seeds: [0]))
            let crash = TaskState.Failure(job: "b, seed 0", cause: "it crashed", isSettled: false)
            let diverged = TaskState.Failure(job: "c, seed 0", cause: "diverged", isSettled: true)
            try write(.done, of: 0, in: sweep, ended: 1, seconds: 10)
            try write(.failed, of: 1, in: sweep, ended: 1, seconds: 20, failures: [crash])
            try write(.failed, of: 2, in: sweep, ended: 1, seconds: 30, failures: [diverged])
            try write(.running, of: 3, in: sweep, updated: 990)
            try write(.running, of: 4, in: sweep, updated: 1000 - 1000)
            try write(.requeued, of: 5, in: sweep)
            try write(.stopped, of: 6, in: sweep)
            let status = try SweepStatus(sweep, now: 1000, queued: nil)
            #expect(
                status.tasks == ["done": 1, "failed": 2, "running": 1, "lost": 1, "requeued": 1, "stopped": 1, "waiting": 1])
            #expect((status.jobs, status.done, status.failed, status.left) == (8, 1, 2, 5))
            #expect(status.open == [1, 4, 6], "what failed for good would fail again")
            #expect(status.failures.map(\.task) == [1, 2, 4, 6])
            #expect(status.failures[0].cause == "it crashed" && status.failures[0].log == sweep.folder + "/logs/17_1.log")
            #expect(status.failures[2].cause.contains("node1") && status.failures[2].cause.contains("1000 s ago"))
            #expect(status.secondsLeft == 100.0, "60 s for three jobs, one task at once")
            #expect(status.unqueued == nil)
        }
    }

    @Test func whatTheQueueDoesNotHaveIsOpen() throws {
        try withFolder { folder in
            let sweep = try sweep(folder, jobs(["a", "b", "c", "d"], seeds: [0]))
            try write(.running, of: 2, in: sweep, updated: 0)
            try write(.failed, of: 3, in: sweep, ended: 1, failures: [TaskState.Failure(job: "d", cause: "x", isSettled: false)])
            let status = try SweepStatus(sweep, now: 1000, queued: [1, 2, 3])
            #expect(status.unqueued == [0])
            #expect(status.open == [0], "a task that is in the queue is not submitted twice, whatever its files say")
        }
    }

    /// On its own machine a process is asked about, however fresh its last sign is.
    @Test func aProcessThatIsGoneIsLostAtOnce() throws {
        try withFolder { folder in
            let sweep = try sweep(folder, jobs(["a", "b"], seeds: [0]))
            try write(.running, of: 0, in: sweep, machine: Machine.name, process: getpid())
            // Process numbers end below this one on every Linux.
            try write(.running, of: 1, in: sweep, machine: Machine.name, process: (1 << 22) + 1)
            let status = try SweepStatus(sweep, now: 1000, queued: nil)
            #expect((status.count(.running), status.count(.lost)) == (1, 1))
        }
    }

    @Test func aRecorderWritesWhatStatusReads() throws {
        try withFolder { folder in
            let sweep = try sweep(folder, jobs(["a"], seeds: [0, 1]), perTask: 2)
            let recorder = try TaskRecorder(sweep, sweep.task(0))
            #expect(try SweepStatus(sweep, queued: nil).tasks == ["running": 1])
            let store = try recorder.store()
            recorder.keep(try append("a", .measured(Measurement(figures: [.init("error", 0.5)])), to: store))
            #expect(recorder.isIncomplete)
            recorder.keep(try append("b", .failed("it crashed", status: 70), to: store))
            #expect(!recorder.isIncomplete)
            try recorder.conclude(.done)
            let status = try SweepStatus(sweep, queued: nil)
            #expect(status.tasks == ["failed": 1] && (status.done, status.failed, status.left) == (1, 1, 0))
            #expect(status.failures.map(\.job) == ["b, seed 0, error on strokes"])
            try sweep.reopen(sweep.tasks())
            #expect(try SweepStatus(sweep, queued: nil).tasks == ["waiting": 1])
            #expect(try TaskRecorder(sweep, sweep.task(0)).attempt == 2)
        }
    }

    // MARK: Collecting

    private func append(_ job: String, _ outcome: JobOutcome, to store: ResultStore) throws -> StoredResult {
        try store.append(
            job: job,
            subject: ResultSubject(
                entry: job, dataset: "strokes", seed: 0, trainedOn: "strokes", origin: .trained, weights: "w", probe: "error"),
            outcome: outcome,
            provenance: Provenance(
                zoo: "1", code: "c", engine: "e", plugins: [:], machine: "m", processor: "p", threads: 1,
                date: Date(timeIntervalSince1970: 1000), command: "zoo", seconds: 1))
    }

    private func measured(_ value: Double) -> JobOutcome { .measured(Measurement(figures: [.init("error", value)])) }

    /// Also while a task adds to its store, and after it was begun again.
    @Test func collectingAgainAddsWhatIsNew() throws {
        try withFolder { folder in
            let sweep = try sweep(folder, jobs(["a", "b"], seeds: [0]))
            let all = try ResultStore(path: folder + "/all.sqlite")
            func collect() -> Sweep.Collection { sweep.collect(into: all).0 }
            #expect((collect().read, collect().added) == (0, 0), "nothing has begun")
            var first = try ResultStore(publishing: sweep.store(of: 0))
            _ = try append("a", measured(0.1), to: first)
            let second = try ResultStore(publishing: sweep.store(of: 1))
            _ = try append("b", .failed("it crashed", status: 70), to: second)
            var found = collect()
            #expect((found.read, found.unchanged, found.added, found.known) == (2, 0, 2, 0))
            found = collect()
            #expect((found.read, found.unchanged, found.added, found.known) == (0, 2, 0, 0))
            first = try ResultStore(publishing: sweep.store(of: 0))
            _ = try append("a2", measured(0.2), to: first)
            found = collect()
            #expect((found.read, found.unchanged, found.added, found.known) == (1, 1, 1, 1))
            #expect(try all.results(matching: ResultFilter(history: true)).map(\.job) == ["a", "a2", "b"])
        }
    }

    @Test func aTasksStoreThatIsDamagedHidesNoOther() throws {
        try withFolder { folder in
            let sweep = try sweep(folder, jobs(["a", "b"], seeds: [0]))
            try Data("nothing".utf8).write(to: URL(fileURLWithPath: sweep.store(of: 0)))
            _ = try append("b", measured(0.1), to: ResultStore(publishing: sweep.store(of: 1)))
            let all = try ResultStore(path: folder + "/all.sqlite")
            let (found, failures) = sweep.collect(into: all)
            #expect(found.added == 1 && failures.count == 1)
            #expect("\(failures)".contains(sweep.store(of: 0)))
        }
    }
}
