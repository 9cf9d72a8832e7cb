import ArgumentParser
import ZooCluster
import ZooCore
import ZooJobs
import ZooReport
import ZooStore
import ZooTraining

/// The options of commands that run jobs in worker processes.
struct JobOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Number of jobs that run at once, each in a process of its own; with GPUs, on each of them. No result depends on it.",
            valueName: "n"))
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "Seconds after which a job fails; for a training run, seconds without any progress. 0: never.", valueName: "s"))
    var timeLimit = 3600.0

    @Option(help: ArgumentHelp("Memory that a job may take, as in 2G or 500M. Default: its share of the machine's.", valueName: "bytes"))
    var memoryLimit: ByteCount?

    @Flag(help: "Print the jobs, and do none.")
    var plan = false

    @Option(help: ArgumentHelp("Do only part i of n of the plan, for n machines; 'zoo merge' joins their stores.", valueName: "i/n"))
    var shard: Shard?

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs is \(jobs), expected 1 to 1024") }
        if !(0...1e9).contains(timeLimit) { throw ValidationError("--time-limit is \(timeLimit), expected 0 to 1e9 seconds") }
        if let memoryLimit, memoryLimit.bytes < 64 << 20 { throw ValidationError("--memory-limit: expected 64M or more") }
    }

    /// Below this much memory another worker does more harm than good.
    private static let memoryPerWorker = 1 << 30

    /// One worker for each core, as far as the memory goes.
    private static var usualWorkers: Int { max(1, min(Machine.cores, Machine.memory / memoryPerWorker)) }

    /// Jobs at once: as many as are asked for, or `usual`; of a GPU as many as are asked for, or one.
    func workers(on list: DeviceList, usual: Int = Self.usualWorkers) -> Int {
        list.isCPU ? jobs ?? usual : (jobs ?? 1) * list.devices.count
    }

    func scheduler(_ arguments: [String], workers: Int, on list: DeviceList, countsSilenceOnly: Bool = false) -> Scheduler {
        let share = Int(0.9 * Double(Machine.memory)) / workers
        let memory = memoryLimit?.bytes ?? share
        return Scheduler(
            arguments: arguments + ["--memory", "\(memory)"],
            workers: (0..<workers).map { number in
                let device = list.devices[number % list.devices.count]
                return Scheduler.Place(device, arguments: ["--device", "\(device)"])
            },
            limits: JobLimits(seconds: timeLimit > 0 ? timeLimit : nil, countsSilenceOnly: countsSilenceOnly, memory: memory))
    }

    /// The part of the plan that is wanted.
    func part(of plan: Plan) -> Plan { RunningTask.part(of: shard.map { plan.shard($0.index, of: $0.count) } ?? plan) }
}

/// "2G": 2·2³⁰ bytes; also K, M, T, or plain bytes.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let powers: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
        var digits = Substring(argument.uppercased())
        if digits.hasSuffix("B") { digits = digits.dropLast() }
        if digits.hasSuffix("I") { digits = digits.dropLast() }
        let shift = digits.last.flatMap { powers[$0] } ?? 0
        if shift > 0 { digits = digits.dropLast() }
        guard let number = Double(digits), number >= 0, number < Double(1 << (62 - shift)) else { return nil }
        bytes = Int(number * Double(1 << shift))
    }
}

/// "2/5".
struct Shard: ExpressibleByArgument {
    let index, count: Int

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]), count >= 1, (1...count).contains(index) else {
            return nil
        }
        (self.index, self.count) = (index, count)
    }
}

/// A plan carried out on the command line: known results are taken from the store, failures are said at once, and what
/// everything ended in is remembered by job.
struct JobSession {
    private(set) var results: [String: StoredResult] = [:]
    /// How many of those were in the store before.
    private(set) var known = 0
    private(set) var failures = Failures()
    /// Trainings that diverged, now or before: a failure of the command that was to train them, a result of a study.
    private(set) var diverged = Failures()
    private let store: ResultStore
    private let run: BatchRun

    init(_ shared: some OutputGroup, store: ResultStore, planner: JobPlanner) {
        self.store = store
        run = BatchRun(
            store: store, planner: planner, command: CommandLine.arguments.map(shellWord).joined(separator: " "),
            board: RunningTask.current)
    }

    /// The jobs of a plan that are still to be done.
    func open(_ plan: Plan, force: Bool) throws -> [Job] { try run.sort(plan.jobs, force: force).open }

    /// A plan without what is done already.
    func rest(of plan: Plan, force: Bool) throws -> Plan {
        var plan = plan
        plan.jobs = try open(plan, force: force)
        return plan
    }

    /// Prints the jobs and what is known of them; does none.
    ///
    /// - Throws: the exit status of the first problem for which there is no job, after all.
    func show(_ plan: Plan, _ shared: some OutputGroup, force: Bool) throws {
        var failures = Failures()
        for problem in plan.problems { failures.report(problem) }
        let (known, _) = try run.sort(plan.jobs, force: force)
        let list = plan.jobs.map { PlannedJob($0, isKnown: known[$0.id] != nil) }
        try shared.emit(list, or: ResultTables.table(of: list).rendered(for: .standardOutput))
        try failures.conclude()
    }

    /// - Parameter ended: told of every new result that is no failure.
    mutating func carryOut(
        _ plan: Plan, _ shared: some OutputGroup, on scheduler: Scheduler, force: Bool, ended: @escaping (StoredResult) -> Void = { _ in }
    ) throws {
        for problem in plan.problems {
            failures.report(problem)
            RunningTask.current?.note(Failure(problem).message)
        }
        let (known, open) = try run.sort(plan.jobs, force: force)
        results = known
        self.known = known.count
        RunningTask.current?.adopt(Array(known.values))
        var (fresh, failures, diverged) = ([StoredResult](), failures, diverged)
        defer { (self.failures, self.diverged) = (failures, diverged) }
        func report(_ result: StoredResult) {
            let subject = result.subject
            let cause = "\(subject.entry), seed \(subject.seed), \(subject.probe) on \(subject.dataset): \(result.cause)"
            let failure = Failure(cause, exitStatus: result.exitStatus)
            if result.isSettled { diverged.report(failure) } else { failures.report(failure) }
        }
        for job in plan.jobs { if let result = known[job.id], result.status == .failed { report(result) } }
        do {
            try run.run(open, on: scheduler, progress: shared.progress, say: { if !shared.quiet { Console.error($0) } }) { result in
                fresh.append(result)
                if result.status == .failed { report(result) } else { ended(result) }
            }
        } catch let error as Interrupted {
            failures.report(error)
        }
        for result in fresh where result.status != .failed { results[result.provenance.identity.plan] = result }
    }
}
