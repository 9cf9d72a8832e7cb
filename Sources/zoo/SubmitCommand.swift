import ArgumentParser
import Foundation
import ZooCluster
import ZooCore
import ZooHost
import ZooJobs
import ZooReport
import ZooStore

struct SubmitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Let a cluster do what a command would do here.",
        discussion: discussion(examples: ["zoo submit slurm train stn-c0 --seeds 0..9": "ten trainings, a task each"]),
        subcommands: [SubmitSlurmCommand.self])
}

/// A command whose jobs can be done elsewhere.
protocol SweepableCommand: ParsableCommand {
    var jobOptions: JobOptions { get }
    var stored: StoreOptions { get }
    /// How many jobs make a task where nobody says it.
    static var jobsPerTask: Int { get }
    /// The options that let a task use its processors, as far as the command does not say it itself.
    func options(cpus: Int) -> [String]
    /// The jobs that are not done yet, and why others cannot be planned.
    func openJobs() throws -> Plan
}

struct SubmitSlurmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slurm", abstract: "Submit a train, evaluate or reproduce command to Slurm, as an array of tasks.",
        usage: "zoo submit slurm [OPTIONS] [--] (train | evaluate | reproduce) ...",
        discussion: discussion(
            """
            The jobs that are not done yet become the tasks of an array, and the array's script is shown before it is submitted. Every \
            task writes a store of its own in the sweep's folder, which all machines have to share, as they do the folders of runs and \
            data. 'zoo status' says how far the sweep is, 'zoo collect' adds its results to the store, 'zoo retry' submits again what \
            failed. A sweep that is named again gets the jobs that it does not have yet, further seeds for example. docs/cluster.md \
            explains it.
            """,
            examples: [
                "zoo submit slurm --dry-run train stn-c0": "show the script",
                "zoo submit slurm --sweep mnist-r reproduce finnveden2020-mnist-r": "a study, as a sweep with a name",
            ]))

    @Option(help: ArgumentHelp("Name of the sweep, or its folder. Default: the command's name and the next number.", valueName: "name"))
    var sweep: String?

    @Option(help: ArgumentHelp("Jobs of each task. Default: 1 training, or 20 evaluations.", valueName: "n"))
    var perTask: Int?

    @Flag(help: "Show what would be submitted, and do nothing.")
    var dryRun = false

    @OptionGroup(title: "Slurm") var limits: SlurmLimits
    @OptionGroup(title: "Runs and results") var place: SweepsOptions
    @OptionGroup(title: "Output") var shared: OutputOptions

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The command: train, evaluate or reproduce, and its arguments.", valueName: "command"))
    var command: [String] = []

    private struct Answer: Encodable {
        let sweep: String
        let tasks, jobs: Int
        let scripts: [String]
        /// Slurm's numbers of the arrays; none where it was asked to submit nothing.
        let submitted: [String]
    }

    func validate() throws {
        if let perTask, perTask < 1 { throw ValidationError("--per-task is \(perTask), expected 1 or more") }
        try refuseEmpty(("--sweep", sweep, "a name or a folder"))
    }

    func run() throws {
        let words = Array(command.first == "--" ? command.dropFirst() : command[...])
        if ["--help", "-h"].contains(words.first) { throw CleanExit.helpRequest(self) }
        let given = try parse(words)
        EngineControl.planForOthers()
        let folder = place.folder(of: sweep ?? nextName(after: words[0]))
        let sweep = try open(folder, given)
        // As the tasks will run it: how many threads a job has is part of what it is.
        let whole = words + given.options(cpus: sweep.manifest.slurm.cpus)
        let wanted = try parse(whole)
        let plan = try wanted.openJobs()
        var failures = Failures()
        for problem in plan.problems { failures.report(problem) }
        if dryRun {
            try submit(plan, wanted, whole, to: sweep)
        } else {
            try Sweep.locked(folder) { try submit(plan, wanted, whole, to: sweep) }
        }
        try failures.conclude()
    }

    private func parse(_ words: [String]) throws -> any SweepableCommand {
        let commands = ["train", "evaluate", "reproduce"]
        guard let name = words.first, commands.contains(name) else {
            throw ValidationError(
                "expected one of \(commands.joined(separator: ", ")) and its arguments, found '\(words.first ?? "nothing")'")
        }
        guard let command = try Zoo.parseAsRoot(words) as? any SweepableCommand else {
            throw ValidationError("'\(words.joined(separator: " "))' asks for help, and does no jobs")
        }
        if command.jobOptions.plan || command.jobOptions.shard != nil {
            throw ValidationError("--plan and --shard do not go with 'zoo submit', which divides the plan itself")
        }
        return command
    }

    /// The sweep of that folder, or a new one, with the limits that are asked for.
    private func open(_ folder: String, _ command: any SweepableCommand) throws -> Sweep {
        let name = (folder as NSString).lastPathComponent
        var sweep =
            try Sweep.exists(in: folder)
            ? Sweep(folder) : Sweep(new: folder, id: name, store: command.stored.path, slurm: SlurmOptions())
        sweep.use(limits.applied(to: sweep.manifest.slurm))
        return sweep
    }

    /// "train-3", if there are two of that command.
    private func nextName(after verb: String) -> String {
        let names = Sweep.all(below: place.sweeps).map { ($0 as NSString).lastPathComponent }
        let numbers = names.compactMap { $0.hasPrefix(verb + "-") ? Int($0.dropFirst(verb.count + 1)) : nil }
        return "\(verb)-\((numbers.max() ?? 0) + 1)"
    }

    private func submit(_ plan: Plan, _ wanted: any SweepableCommand, _ words: [String], to found: Sweep) throws {
        var sweep = found
        let environment = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("ZOO_") }
        let tasks = try sweep.add(
            plan.jobs.map { try SweepJob($0) }, perTask: perTask ?? type(of: wanted).jobsPerTask,
            command: words, environment: environment,
            directory: FileManager.default.currentDirectoryPath)
        let scripts = sweep.scripts(for: tasks, limit: try largestArray())
        let jobs = tasks.reduce(0) { $0 + $1.jobs.count }
        let path = sweep.folder
        func answer(_ submitted: [SweepManifest.Submitted]) -> Answer {
            Answer(
                sweep: path, tasks: tasks.count, jobs: jobs, scripts: scripts.map(\.script.text), submitted: submitted.map(\.job))
        }
        if tasks.isEmpty {
            return try shared.emit(answer([]), or: "there is nothing to do: all jobs are done, or belong to \(sweep.manifest.id)\n")
        }
        let text = scripts.map(\.script.text).joined(separator: "\n")
        if dryRun {
            shared.note("\(jobs) jobs in \(tasks.count) tasks; this is what would be submitted for the sweep \(sweep.manifest.id)")
            return try shared.emit(answer([]), or: text)
        }
        if !shared.json { try Console.output(text) }
        try sweep.write(adding: tasks)
        let submitted = try sweep.submit(scripts)
        let numbers = submitted.map(\.job).joined(separator: ", ")
        try shared.emit(
            answer(submitted),
            or: """

                \(sweep.manifest.id): \(jobs) jobs in \(tasks.count) tasks submitted as \(numbers); 'zoo status \(shellWord(sweep.manifest.id))' says \
                how far they are

                """)
    }

    /// Where there is no Slurm to ask, what would be submitted is shown as for one that is not configured otherwise.
    private func largestArray() throws -> Int {
        if !dryRun { return try Slurm.largestArray() }
        let found = Result { try Slurm.largestArray() }
        if case .failure(let error) = found { shared.note("\(error); MaxArraySize is taken to be \(Slurm.usualArraySize)") }
        return (try? found.get()) ?? Slurm.usualArraySize
    }
}
