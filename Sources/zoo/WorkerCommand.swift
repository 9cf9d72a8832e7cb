import ArgumentParser
import ZooHarness
import ZooHost
import ZooReport

/// The other side of `Scheduler`: not for people.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Do jobs that come on standard input.", shouldDisplay: false)

    @Option(help: ArgumentHelp("Memory that it may take.", valueName: "bytes"))
    var memory: Int?

    @OptionGroup var shared: ExperimentOptions

    func run() throws {
        Signals.install()
        Worker.prepare(memory: memory)
        let manifest = try shared.readManifest()
        let host = try shared.host()
        Worker.run(laboratory: shared.laboratory(host, manifest)) { error in
            let failure = Failure(error)
            return (failure.message, failure.exitStatus)
        }
    }
}
