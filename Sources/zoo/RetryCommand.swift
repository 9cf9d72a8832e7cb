import ArgumentParser
import ZooCluster
import ZooCore

struct RetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Submit again the tasks of a sweep that failed, were lost, or are not in the queue any more.",
        discussion: discussion(
            "What a task has found already is kept, and not done again. Limits that are given hold from now on.",
            examples: ["zoo retry train-1 --time 4:00:00": "with more time"]))

    @Argument(help: ArgumentHelp("Name of the sweep, or its folder.", valueName: "sweep"))
    var name: String

    @Flag(help: "Show what would be submitted, and do nothing.")
    var dryRun = false

    @OptionGroup(title: "Slurm") var limits: SlurmLimits
    @OptionGroup(title: "Runs and results") var place: SweepsOptions
    @OptionGroup(title: "Output") var shared: OutputOptions

    private struct Answer: Encodable {
        let sweep: String
        let tasks: [Int]
        let scripts, submitted: [String]
    }

    func run() throws {
        let folder = place.folder(of: name)
        _ = try Sweep(folder)
        if dryRun { try submit(folder) } else { try Sweep.locked(folder) { try submit(folder) } }
    }

    private func submit(_ folder: String) throws {
        var sweep = try Sweep(folder)
        sweep.use(limits.applied(to: sweep.manifest.slurm))
        let limit = try Slurm.largestArray()
        let open = Set(try SweepStatus(sweep, queued: Slurm.queued(sweep.manifest.submitted)).open)
        let tasks = try sweep.tasks().filter { open.contains($0.number) }
        let scripts = sweep.scripts(for: tasks, limit: limit)
        let text = scripts.map(\.script.text).joined(separator: "\n")
        let numbers = tasks.map(\.number)
        if tasks.isEmpty || dryRun {
            let answer = Answer(sweep: sweep.folder, tasks: numbers, scripts: scripts.map(\.script.text), submitted: [])
            return try shared.emit(answer, or: tasks.isEmpty ? "there is nothing to submit again\n" : text)
        }
        if !shared.json { try Console.output(text) }
        try sweep.reopen(tasks)
        let submitted = try sweep.submit(scripts).map(\.job)
        try shared.emit(
            Answer(sweep: sweep.folder, tasks: numbers, scripts: scripts.map(\.script.text), submitted: submitted),
            or: "\n\(sweep.manifest.id): \(tasks.count) tasks submitted again as \(submitted.joined(separator: ", "))\n")
    }
}
