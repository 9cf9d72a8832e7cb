import ArgumentParser
import ZooJobs
import ZooPlugins
import ZooReport
import ZooServe
import ZooTraining

/// The other side of `Scheduler`: not for people.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Do jobs that come on standard input.", shouldDisplay: false)

    @Option(help: ArgumentHelp("Memory that the worker may take.", valueName: "bytes"))
    var memory: Int?

    @Option(help: ArgumentHelp("The plugins to use, as the process that plans has found them.", valueName: "file"))
    var plugins: String?

    @Flag(help: "Answer looks of the playground instead.")
    var looks = false

    @Option(help: ArgumentHelp("Where events for TensorBoard go.", valueName: "dir"))
    var tensorboard: String?

    @OptionGroup var shared: ExperimentOptions

    func run() throws {
        Signals.install(insistent: false)
        Worker.prepare(memory: memory)
        let manifest = try shared.readManifest()
        let host = try shared.host(plan: plugins.map { try PluginPlan(path: $0) })
        if looks { return LookWorker.run(laboratory: try shared.laboratory(host, manifest)) }
        var laboratory = try shared.laboratory(host, manifest)
        laboratory.tensorBoard = tensorboard
        Worker.run(laboratory: laboratory) { error in
            let failure = Failure(error)
            return (failure.message, failure.exitStatus)
        }
    }
}
