import ArgumentParser
import ZooData
import ZooHost
import ZooJobs
import ZooManifest
import ZooReport
import ZooStore
import ZooTraining

struct TrainCommand: SweepableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train entries; a run that was interrupted continues where it stopped.",
        discussion: discussion(
            """
            A checkpoint is kept after every epoch. A run that is finished is reported, not repeated. Final scores and learning curves \
            are stored beside the results of 'zoo evaluate'.
            """,
            examples: [
                "zoo train stn-c0": "by the entry's recipe",
                "zoo train cnn stn-c0 --seed 0..2": "three runs of each",
                "zoo train stn-c0 --dataset mnist-rotated --epochs 3": "other data, fewer epochs",
            ]))

    @Argument(help: ArgumentHelp("Ids of entries.", valueName: "entry"), completion: Completions.entries)
    var entries: [String] = []

    @Flag(help: "Train every entry.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "A data set to train and test on. Repeatable. Default: the one that 'zoo list datasets' marks.", valueName: "name"),
        completion: Completions.dataSets)
    var dataset: [String] = []

    @Option(help: ArgumentHelp("Number of epochs. Default: as in the entry's recipe.", valueName: "n"))
    var epochs: Int?

    @Option(
        name: [.long, .customLong("seeds")],
        help: ArgumentHelp("A seed, or several as in 0..4. Repeatable. Default: 0.", valueName: "seed"))
    var seed: [SeedRange] = []

    @Flag(name: [.long, .customLong("force")], help: "Begin again, without the checkpoints and results of the same run.")
    var restart = false

    @Option(
        help: ArgumentHelp(
            "Write events for TensorBoard: losses, rates, the pose's slope, images and errors. Runs that are finished write none.",
            valueName: "dir"), completion: .directory)
    var tensorboard: String?

    @OptionGroup(title: "Jobs") var jobOptions: JobOptions
    @OptionGroup var shared: ExperimentOptions
    @OptionGroup(title: "Runs and results") var stored: StoreOptions

    func validate() throws {
        if entries.isEmpty != all {
            throw ValidationError(all ? "--all and names of entries exclude each other" : "name entries, or use --all")
        }
        try refuseEmpty(("--tensorboard", tensorboard, "a directory"))
        if let epochs, !(1...100_000).contains(epochs) { throw ValidationError("--epochs is \(epochs), expected 1 to 100000") }
    }

    /// What the command comes to.
    private struct Work {
        let manifest: Manifest
        let host: HostRuntime
        let laboratory: Laboratory
        let planner: JobPlanner
        let plan: Plan
        let workers, threads: Int
        var session: JobSession
    }

    private func prepare(reading: Bool) throws -> Work {
        let manifest = try shared.readManifest()
        let wanted = RunningTask.narrowed(all ? manifest.entries : try entries.map { try manifest.entry($0) })
        let host = try shared.host()
        let laboratory = try shared.laboratory(host, manifest)
        let store = try stored.open(reading: reading)
        // One run after the other with all cores: the first is finished soonest, and an interrupt stops one, not several.
        let workers = jobOptions.workers(on: shared.devices, usual: 1)
        let threads = shared.threads ?? max(1, Machine.cores / workers)
        let planner = JobPlanner(laboratory: laboratory, store: store, threads: threads)
        let names = RunningTask.narrowed(try laboratory.names(dataset), of: laboratory.dataSets)
        let seeds = RunningTask.narrowed(SeedRange.all(seed))
        let plan = jobOptions.part(
            of: planner.training(of: wanted, on: names, seeds: seeds, restart: RunningTask.begins(restart)) { entry, dataSet in
                try laboratory.recipe(of: entry, for: dataSet.name, epochs: epochs)
            })
        return Work(
            manifest: manifest, host: host, laboratory: laboratory, planner: planner, plan: plan, workers: workers, threads: threads,
            session: JobSession(shared, store: store, planner: planner))
    }

    static let jobsPerTask = 1

    func options(cpus: Int) -> [String] {
        let workers = jobOptions.workers(on: shared.devices, usual: 1)
        return shared.threads == nil ? ["--threads", "\(max(1, cpus / workers))"] : []
    }

    func openJobs() throws -> Plan {
        let work = try prepare(reading: true)
        return try work.session.rest(of: work.plan, force: restart)
    }

    func run() throws {
        let work = try prepare(reading: jobOptions.plan)
        let (manifest, host, laboratory, planner) = (work.manifest, work.host, work.laboratory, work.planner)
        let (plan, workers, threads, restart) = (work.plan, work.workers, work.threads, RunningTask.begins(restart))
        var session = work.session
        if jobOptions.plan { return try session.show(plan, shared, force: restart) }
        Signals.install()
        for other in planner.otherRuns(than: try session.open(plan, force: restart)) { shared.note(other) }
        func finished(_ subject: ResultSubject) -> TrainingResult? {
            guard let entry = try? manifest.entry(subject.entry),
                let recipe = try? laboratory.recipe(of: entry, for: subject.dataset, epochs: epochs)
            else { return nil }
            return try? laboratory.finishedRun(entry, dataset: subject.dataset, seed: subject.seed, recipe: recipe, threads: threads)
        }
        let arguments = try shared.workerArguments(manifest, threads: threads, host) + (tensorboard.map { ["--tensorboard", $0] } ?? [])
        let scheduler = jobOptions.scheduler(arguments, workers: workers, on: shared.devices, countsSilenceOnly: true)
        try session.carryOut(plan, shared, on: scheduler, force: restart) { result in
            if !shared.quiet, let run = finished(result.subject) { Console.error(ResultTables.line(run)) }
        }
        let results = plan.jobs.filter { session.results[$0.id] != nil }.compactMap { finished($0.subject) }
        for run in results { for warning in run.warnings { shared.warn("\(run.entry): \(warning)") } }
        if !results.isEmpty || shared.json {
            try shared.emit(results, or: ResultTables.table(of: results, for: .standardOutput).rendered(for: .standardOutput))
        }
        try session.failures.conclude()
        try session.diverged.conclude()
    }
}
