import Foundation
import Glibc
import ZooCore
public import ZooKit
import ZooStore
import ZooTraining

/// Runs jobs in worker processes: a crash, a hang or too much memory fails only the current job.
public final class Scheduler {
    private let arguments: [String]
    private let program: String
    private let workers: [Place]
    private let limits: JobLimits

    /// Where a worker computes.
    public struct Place: Sendable {
        let device: Device
        /// Its own arguments, which say so.
        let arguments: [String]

        public init(_ device: Device, arguments: [String]) { (self.device, self.arguments) = (device, arguments) }
    }

    /// One worker and its current job.
    private final class Slot {
        let place: Place
        init(_ place: Place) { self.place = place }
        var process: WorkerProcess?
        var job: Job?
        var lastDataSet = ""
        var begun = ContinuousClock.now
        var alive = ContinuousClock.now
        var (done, total, note) = (0, 0, "")
        /// Why it was killed.
        var verdict: (cause: String, isMemory: Bool)?
    }

    /// - Parameters:
    ///   - program: its path; nil for the running program.
    ///   - arguments: the arguments that make the program a worker: the subcommand, and where it finds plugins and data.
    ///   - workers: those that run at once, a process each.
    public init(program: String? = nil, arguments: [String], workers: [Place], limits: JobLimits) {
        self.program = program ?? Program.image
        self.arguments = arguments
        self.workers = workers.isEmpty ? [Place(.cpu, arguments: [])] : workers
        self.limits = limits
    }

    private var waiting: [Job] = []
    private var slots: [Slot] = []
    private var ended = 0
    private var isSingle = false

    /// Runs all jobs; those that measure time come after the others, one by one.
    ///
    /// Once somebody has asked to stop, jobs that run are finished, except training, which stops after the step it is at.
    ///
    /// - Throws: `Interrupted` if asked to stop, or what the listener throws.
    public func run(_ jobs: [Job], listener: any JobListener) throws {
        isSingle = jobs.count == 1
        ended = 0
        listener.jobsBegin(jobs.count)
        defer {
            slots = []
            if isSingle { listener.single.finish() }
            listener.jobsEnd()
        }
        for (part, width) in [(jobs.filter { !$0.isTiming }, workers.count), (jobs.filter(\.isTiming), 1)] where !part.isEmpty {
            waiting = part
            slots = workers.prefix(min(width, part.count)).map { Slot($0) }
            try work(listener)
        }
        if Interrupt.isRequested, ended < jobs.count {
            throw Interrupted(hint: "\(ended) of \(jobs.count) jobs are finished; the same command goes on from there")
        }
    }

    private func work(_ listener: any JobListener) throws {
        var isAsked = false
        while true {
            if Interrupt.isRequested {
                waiting = []
                if !isAsked { for slot in slots where slot.job?.task != .probe { slot.process?.interrupt() } }
                isAsked = true
            }
            for slot in slots where slot.job == nil { try assign(slot) }
            guard slots.contains(where: { $0.job != nil }) else { return }
            wait()
            for slot in slots where slot.process != nil { try attend(slot, listener) }
            listener.jobsRun(slots.compactMap(describe))
        }
    }

    /// Gives an idle worker a job, if possible on the images that it has loaded.
    private func assign(_ slot: Slot) throws {
        guard !waiting.isEmpty else {
            slot.process = nil
            return
        }
        let job = waiting.remove(at: waiting.firstIndex { $0.subject.dataset == slot.lastDataSet } ?? 0)
        if slot.process == nil {
            slot.process = try WorkerProcess(program: program, arguments: arguments + slot.place.arguments)
        }
        slot.job = job
        slot.lastDataSet = job.subject.dataset
        (slot.begun, slot.alive) = (.now, .now)
        (slot.done, slot.total, slot.note, slot.verdict) = (0, 0, "", nil)
        try slot.process?.give(job)
    }

    /// Waits until something comes from a worker, a tenth of a second at most.
    private func wait() {
        var watched = slots.compactMap(\.process).flatMap { process in
            [process.messages, process.output].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        }
        _ = poll(&watched, nfds_t(watched.count), 100)
        // A pipe that has ended is always ready; its process is about to be.
        if watched.contains(where: { $0.revents & Int16(POLLHUP) != 0 && $0.revents & Int16(POLLIN) == 0 }) { usleep(2000) }
    }

    private func describe(_ slot: Slot) -> RunningJob? {
        guard let subject = slot.job?.subject else { return nil }
        return RunningJob(
            entry: subject.entry, dataset: subject.dataset, probe: subject.probe, seed: subject.seed, done: slot.done, total: slot.total,
            note: slot.note)
    }

    // MARK: One worker

    private func attend(_ slot: Slot, _ listener: any JobListener) throws {
        guard let process = slot.process else { return }
        let (messages, isOver): ([WorkerMessage], Bool)
        do { (messages, isOver) = try process.receive() } catch {
            slot.verdict = ("\(error)", false)
            process.kill()
            process.reap(waiting: true)
            return try bury(slot, listener)
        }
        for line in process.takeLogLines() { listener.jobSaid(line) }
        for message in messages { try take(message, slot, listener) }
        if process.reap(waiting: isOver && slot.verdict != nil) || isOver && process.reap(waiting: false) {
            return try bury(slot, listener)
        }
        guard slot.job != nil, slot.verdict == nil else { return }
        let now = ContinuousClock.now
        let since = limits.countsSilenceOnly ? slot.alive : slot.begun
        if let seconds = limits.seconds, now - since > .seconds(seconds) {
            let what = limits.countsSilenceOnly ? "no progress" : "no result"
            slot.verdict = ("\(what) within \(String(format: "%g", seconds)) s, the time limit: ended", false)
        } else if Machine.residentMemory(of: process.id) > limits.memory {
            slot.verdict = ("", true)
        }
        if slot.verdict != nil { process.kill() }
    }

    private func take(_ message: WorkerMessage, _ slot: Slot, _ listener: any JobListener) throws {
        guard let job = slot.job else { return }
        slot.alive = .now
        switch message {
        case .begin(let label, let total, let unit):
            (slot.done, slot.total, slot.note) = (0, total, "")
            if isSingle { listener.single.begin(label, total: total, unit: unit) }
        case .advance(let count):
            slot.done += count
            if isSingle { listener.single.advance(count) }
        case .note(let text):
            slot.note = text
            if isSingle { listener.single.note(text) }
        case .finished(let outcome, let seconds, let conditions):
            try conclude(slot, job, outcome, seconds: seconds, conditions: conditions, listener)
        case .outOfMemory(let cause):
            // The allocator's memory stays fragmented, so the next attempt gets a fresh process.
            slot.process = nil
            try retry(slot, job, slot.place.device == .cpu ? nil : cause, listener)
        case .interrupted(let hint):
            slot.job = nil
            listener.jobSaid("zoo: \(hint)")
        }
    }

    private func conclude(
        _ slot: Slot, _ job: Job, _ outcome: JobOutcome, seconds: Double, conditions: Conditions? = nil, _ listener: any JobListener
    ) throws {
        slot.job = nil
        ended += 1
        var outcome = outcome
        if case .measured(var measurement) = outcome, job.batch < Job.largestBatch {
            measurement.warnings.append("measured with batches of \(job.batch) images: larger ones ran out of memory")
            outcome = .measured(measurement)
        }
        if isSingle { listener.single.finish() }
        try listener.jobEnded(job, outcome, seconds: seconds, conditions: conditions)
    }

    /// Tries a job again with a quarter of the images at once, down to the smallest batch. A training run's batch is its recipe's.
    ///
    /// - Parameter cause: what the engine said, if it was more than that the limit was reached: a GPU's memory has no limit but its size.
    private func retry(_ slot: Slot, _ job: Job, _ cause: String?, _ listener: any JobListener) throws {
        let reason = cause ?? "it needs more than its limit of \(inBinaryUnits(limits.memory))"
        guard job.task == .probe, job.batch > Job.smallestBatch, !Interrupt.isRequested else {
            let batch = job.task == .probe ? ", even with batches of \(job.batch) images" : ""
            let failure = JobOutcome.failed(
                "out of memory: \(reason)\(batch)", status: HostError.Kind.outOfMemory.rawValue)
            return try conclude(slot, job, failure, seconds: (ContinuousClock.now - slot.begun) / .seconds(1), listener)
        }
        var smaller = job
        smaller.batch = max(Job.smallestBatch, job.batch / 4)
        slot.job = nil
        waiting.insert(smaller, at: 0)
    }

    /// Handles the end of a worker, during a job or between jobs.
    private func bury(_ slot: Slot, _ listener: any JobListener) throws {
        guard let process = slot.process, process.reap(waiting: true), let (end, peak) = process.end else { return }
        // The pipes may still hold messages that it sent before it ended.
        for message in (try? process.receive())?.messages ?? [] { try take(message, slot, listener) }
        slot.process = nil
        guard let job = slot.job else { return }
        let seconds = (ContinuousClock.now - slot.begun) / .seconds(1)
        // A plugin that does not check its allocations crashes where the memory ends, and the system's killer gives no reason.
        let isCrash = if case .killed = end { true } else { false }
        let atLimit = isCrash && slot.verdict == nil && (Double(peak) > 0.8 * Double(limits.memory) || end == .killed(signal: SIGKILL))
        if atLimit || slot.verdict?.isMemory == true { return try retry(slot, job, nil, listener) }
        let words = process.lastWords
        let cause =
            switch (slot.verdict?.cause, end) {
            case (let cause?, _): cause
            case (nil, .killed(let number)): "it crashed: \(Self.name(of: number))\(words.isEmpty ? "" : ": " + words)"
            case (nil, .exited(let status)): "its worker ended with status \(status)\(words.isEmpty ? "" : ": " + words)"
            }
        try conclude(slot, job, .failed(cause, status: HostError.Kind.software.rawValue), seconds: seconds, listener)
    }

    private static func name(of signal: Int32) -> String {
        let names = [
            SIGSEGV: "SIGSEGV", SIGABRT: "SIGABRT", SIGILL: "SIGILL", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGTRAP: "SIGTRAP",
            SIGKILL: "SIGKILL", SIGTERM: "SIGTERM",
        ]
        let text = strsignal(signal).map { String(cString: $0) } ?? "unknown"
        return "\(names[signal] ?? "signal \(signal)") (\(text.prefix(1).lowercased() + text.dropFirst()))"
    }
}
