import ArgumentParser
import ZooCluster
import ZooReport

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say how far sweeps are: what is done, runs, failed and why, and what is left.",
        discussion: discussion(
            "Sweeps are told from their files, on any machine that has them. Slurm is only asked which tasks are in its queue.",
            examples: ["zoo status": "all sweeps", "zoo status train-1 --offline": "one of them, from its files alone"]))

    @Argument(help: ArgumentHelp("Names of sweeps, or their folders. Default: all.", valueName: "sweep"))
    var names: [String] = []

    @Flag(help: "Do not ask Slurm.")
    var offline = false

    @OptionGroup(title: "Runs and results") var place: SweepsOptions
    @OptionGroup(title: "Output") var shared: OutputOptions

    func run() throws {
        let found = try place.open(names).map { sweep in
            try SweepStatus(sweep, queued: offline ? nil : Slurm.queued(sweep.manifest.submitted))
        }
        try shared.emit(found, or: found.map { SweepTables.status($0, for: .standardOutput) }.joined(separator: "\n"))
    }
}
