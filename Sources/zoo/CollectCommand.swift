import ArgumentParser
import ZooCluster
import ZooCore
import ZooStore

struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect", abstract: "Add what the tasks of sweeps have found so far to the store.",
        discussion: discussion(
            "Tasks may still run. What is there already is not added again. Ctrl-C keeps what was added so far.",
            examples: ["zoo collect train-1": "to the command's store"]))

    @Argument(help: ArgumentHelp("Names of sweeps, or their folders. Default: all.", valueName: "sweep"))
    var names: [String] = []

    @Option(help: ArgumentHelp("The store to add to. Default: the one that the submitted command named.", valueName: "file"))
    var store: String?

    @OptionGroup(title: "Runs and results") var place: SweepsOptions
    @OptionGroup(title: "Output") var shared: OutputOptions

    func validate() throws { try refuseEmpty(("--store", store, "a file")) }

    func run() throws {
        Signals.install()
        var failures = Failures()
        var answers: [Sweep.Collection] = []
        for sweep in try place.open(names) where !Interrupt.isRequested {
            let (answer, problems) = try ResultStore.gathering(store ?? sweep.manifest.store) { sweep.collect(into: $0) }
            for problem in problems { failures.report(problem) }
            answers.append(answer)
        }
        let lines = answers.map {
            "\($0.store): \($0.added) results added, \($0.known) known; \($0.read) stores of tasks read, \($0.unchanged) unchanged\n"
        }
        try shared.emit(answers, or: lines.joined())
        try failures.conclude()
        try Interrupt.check("the same command adds the rest")
    }
}
